
set edit:completion:arg-completer[kr] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) KR_COMPLETE="elvish" kr -- $@words) | to-lines
}
