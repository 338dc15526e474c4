complete --keep-order --exclusive --command kr --arguments "(KR_COMPLETE=fish kr -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
