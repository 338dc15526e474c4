module completions {

  # kr: a local KRaft cluster and an administrator for any Kafka cluster
  export extern kr [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  # Topics: list, create, describe, delete, configs, offsets, trim
  export extern "kr topic" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr topic list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List topics
  export extern "kr topic list" [
    --regex                   # Take NAME as a regular expression that matches whole names
    --prefix                  # Take NAME as the beginning of names
    --internal                # Also Kafka's own topics
    --size                    # Also bytes on disk, of the leaders and of all replicas
    --count                   # Also how many records there are at most: compaction and transactions leave gaps in the offsets
    --overrides               # Only topics with configs of their own, and which
    --under-replicated        # Only where replicas are missing from the ISR
    --under-min-isr           # Only where fewer replicas are in sync than min.insync.replicas
    --at-min-isr              # Only where exactly min.insync.replicas are in sync
    --offline                 # Only where there is no leader
    --output(-o): string@"nu-complete kr topic list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    name?: string             # Only the topic of this name
  ]

  def "nu-complete kr topic create output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Create topics
  export extern "kr topic create" [
    --topic(-t): string       # The same
    --partitions(-p): string  # Partitions [default: the cluster's]
    --replication-factor(-r): string # Replicas of each partition [default: the cluster's]
    --config-entry(-C): string # A config; may be repeated
    --assign: string          # Brokers of each partition, leaders first: 1:2:3,2:3:1
    --like: string            # Partitions, replicas and configs of this topic, unless they are named
    --from-file: string       # Topics of a YAML or JSON file: a list of name, partitions, replication_factor, configs, assign
    --if-not-exists           # Be content with a topic that exists, whatever it looks like
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic create output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic describe sections" [] {
    [ "summary" "partitions" "configs" "groups" "producers" ]
  }

  def "nu-complete kr topic describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show partitions, offsets and configs of topics
  export extern "kr topic describe" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --id: string              # The topic with this id; may be repeated
    --section: string@"nu-complete kr topic describe sections" # What to show, with commas between [default: summary,configs,partitions]
    --all-configs             # Also configs that are not set on the topic
    --output(-o): string@"nu-complete kr topic describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic delete output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Delete topics and all their records
  export extern "kr topic delete" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --id: string              # The topic with this id; may be repeated
    --if-exists               # Be content when a topic does not exist
    --include-internal        # Also Kafka's own topics
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic delete output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic add-partitions output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Give topics more partitions
  export extern "kr topic add-partitions" [
    --assign: string          # Brokers of each new partition, leaders first: 1:2:3,2:3:1
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic add-partitions output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    topic: string             # The topic
    count: string             # Partitions it is to have in all
  ]

  def "nu-complete kr topic set-rf by" [] {
    [ "count" "bytes" ]
  }

  def "nu-complete kr topic set-rf output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Change how many replicas partitions have
  export extern "kr topic set-rf" [
    --topic(-t): string       # Another topic; may be repeated
    --by: string@"nu-complete kr topic set-rf by" # Choose brokers by how many replicas they have, or by the bytes of these
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic set-rf output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    topic: string             # The topic; more of them with -t
    replicas: string          # Replicas each partition is to have
  ]

  # Show, change and compare configs of topics
  export extern "kr topic config" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr topic config get output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show configs of topics, where each value comes from and what would count instead
  export extern "kr topic config get" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --all                     # Also configs that are not set on the topic
    --key(-k): string         # Only this key, wherever its value comes from; may be repeated
    --output(-o): string@"nu-complete kr topic config get output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic config set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs of topics: TOPIC.. KEY=VALUE..
  export extern "kr topic config set" [
    --topic(-t): string       # Another topic; may be repeated
    --regex                   # Take topics as regular expressions that match whole names
    --prefix                  # Take topics as the beginning of names
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic config set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...given: string          # Topics, then keys with their values
  ]

  def "nu-complete kr topic config unset output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs back to their default: TOPIC KEY..
  export extern "kr topic config unset" [
    --topic(-t): string       # Another topic; may be repeated
    --regex                   # Take topics as regular expressions that match whole names
    --prefix                  # Take topics as the beginning of names
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic config unset output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    topic: string             # The topic; more of them with -t
    ...keys: string           # Keys
  ]

  def "nu-complete kr topic config append output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Add items to configs that are lists: TOPIC.. KEY=ITEM,..
  export extern "kr topic config append" [
    --topic(-t): string       # Another topic; may be repeated
    --regex                   # Take topics as regular expressions that match whole names
    --prefix                  # Take topics as the beginning of names
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic config append output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...given: string          # Topics, then keys with their values
  ]

  def "nu-complete kr topic config subtract output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Take items from configs that are lists: TOPIC.. KEY=ITEM,..
  export extern "kr topic config subtract" [
    --topic(-t): string       # Another topic; may be repeated
    --regex                   # Take topics as regular expressions that match whole names
    --prefix                  # Take topics as the beginning of names
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic config subtract output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...given: string          # Topics, then keys with their values
  ]

  def "nu-complete kr topic config diff output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Compare what is set on a topic with the defaults, or with another topic
  export extern "kr topic config diff" [
    --output(-o): string@"nu-complete kr topic config diff output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    topic: string             # The topic
    other?: string            # Another topic; without it the defaults are compared
  ]

  def "nu-complete kr topic offsets output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show where partitions begin and end, and where a time is
  export extern "kr topic offsets" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --at: string              # earliest, latest, stable (below open transactions), max-timestamp, local, tiered, or a time: RFC 3339, date, unix seconds or milliseconds, now, -1h, PT1H
    --partitions(-p): string  # Only these partitions: 0,2,4-7
    --output(-o): string@"nu-complete kr topic offsets output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic trim output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Delete the oldest records of partitions
  export extern "kr topic trim" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --to: string              # Delete what comes before: an offset, a time (RFC 3339, date, -7d, @UNIX), or end for everything
    --partitions(-p): string  # Only these partitions: 0,2,4-7
    --from-file: string       # Partitions and offsets from the JSON of kafka-delete-records
    --include-internal        # Also Kafka's own topics
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic trim output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic groups output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show which groups read topics, and how far behind
  export extern "kr topic groups" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --output(-o): string@"nu-complete kr topic groups output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic producers output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show idempotent and transactional producers of topics
  export extern "kr topic producers" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --partitions(-p): string  # Only these partitions: 0,2,4-7
    --broker: string          # Ask this broker and not the leaders
    --output(-o): string@"nu-complete kr topic producers output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic get output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List topics, or describe those that are named
  export extern "kr topic get" [
    --topic(-t): string       # The same
    --output(-o): string@"nu-complete kr topic get output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic produce partitioner" [] {
    [ "murmur2" "consistent" "fnv1a" "random" ]
  }

  def "nu-complete kr topic produce ignore" [] {
    [ "partition" "timestamp" "headers" ]
  }

  def "nu-complete kr topic produce compression" [] {
    [ "none" "gzip" "snappy" "lz4" "zstd" ]
  }

  def "nu-complete kr topic produce acks" [] {
    [ "all" "1" "0" ]
  }

  def "nu-complete kr topic produce output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" ]
  }

  # Same as `kr produce`
  export extern "kr topic produce" [
    --topic(-t): string       # The same as TOPIC
    --key(-k): string         # Key of every record that has none
    --key-delim(-K): string   # What stands between key and value in a line
    --delim(-D): string       # What stands between records [default: \\n]
    --header(-H): string      # Header of every record; may be repeated
    --partition(-p): string   # Partition [default: that of the input, by the key, or any]
    --partitioner: string@"nu-complete kr topic produce partitioner" # How a key chooses its partition
    --timestamp(-T): string   # Timestamp of every record: RFC 3339, seconds or milliseconds since 1970, -1h [default: that of the input, or now]
    --null(-Z)                # Take empty keys and values as null: an empty value is a tombstone
    --json(-J)                # Lines are JSON as `kr consume -J` writes it
    --format(-f): string      # How records stand in the input: see the table of tokens with --help
    --ignore: string@"nu-complete kr topic produce ignore" # What the input says and shall not count
    --file-per-record         # Each file is one record
    --compression(-z): string@"nu-complete kr topic produce compression" # Compression
    --acks: string@"nu-complete kr topic produce acks" # Who must have a record before it counts as written
    --txn: string             # Write all records in one transaction of this id: all are seen, or none
    --txn-timeout: string     # How long the transaction may be open before the broker aborts it
    --rate: string            # At most this much a second: records, or bytes as in 1MiB
    --output(-o): string@"nu-complete kr topic produce output" # Form of what is said of the records that were written
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    topic?: string            # Topic to write to; with -J or %t in -f it may be left out (-), then each record names its own
    ...files: path            # Files to read, - for standard input [default: -]
  ]

  def "nu-complete kr topic consume partitioner" [] {
    [ "murmur2" "consistent" "fnv1a" "random" ]
  }

  def "nu-complete kr topic consume output" [] {
    [ "value" "json" ]
  }

  # Same as `kr consume`
  export extern "kr topic consume" [
    --topic(-t): string       # The same
    --partition(-p): string   # Only these partitions, with commas between
    --offset(-o): string      # Where to begin: start, end, an offset, -N for the last N of each partition, a TIME, or FROM:UNTIL
    --until: string           # Where to end: an offset or a TIME that is not read any more [default: the end at launch]
    --tail: string            # Only the last N records of all partitions together, by time
    --max-messages(-n): string # End after this many records
    --per-partition: string   # End each partition after this many records
    --follow(-F)              # Go on with records as they come
    --group(-g): string       # Join this group; begins where it has committed
    --commit                  # Commit what was printed as read by the group
    --instance-id: string     # Be this static member of the group, which keeps its partitions while it is away
    --where: string           # Only records for which this holds: `key == "a" && value.amount > 10`
    --filter: string          # Only records for which this holds: `key == "a" && value.amount > 10`
    --key: string             # Only records with this key, read from the partition it belongs to
    --partitioner: string@"nu-complete kr topic consume partitioner" # How the producer chose the partition of --key
    --format(-f): string      # What to print of a record: see the table of tokens with --help
    --json(-J)                # JSON, one record a line, as `kr produce -J` reads it
    --output: string@"nu-complete kr topic consume output" # Form of the output: value or json
    --decode                  # Say what the records of Kafka's own topics mean
    --json-values             # In JSON, embed keys and values that are JSON themselves
    --no-value                # Leave values out
    --headers-only            # Leave keys and values out
    --truncate: string        # Cut keys and values after this many bytes, and say so
    --show-null(-Z)           # Print NULL for what is null
    --uncommitted             # Also records of open and aborted transactions
    --rack: string            # Read from a replica in this rack
    --rate: string            # At most this much a second: records, or bytes as in 1MiB
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Topics to read
  ]

  # Partitions: list, describe, elect leaders, explain, verify
  export extern "kr partition" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr partition list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List partitions with leaders, replicas and offsets
  export extern "kr partition list" [
    --topic(-t): string       # The same
    --regex                   # Take names as regular expressions that match whole names
    --prefix                  # Take names as the beginning of names
    --internal                # Also partitions of Kafka's own topics
    --leader: string          # Only partitions that this broker leads
    --broker: string          # Only partitions with a replica on this broker
    --under-replicated        # Only where replicas are missing from the ISR
    --under-min-isr           # Only where fewer replicas are in sync than min.insync.replicas
    --at-min-isr              # Only where exactly min.insync.replicas are in sync
    --offline                 # Only where there is no leader
    --output(-o): string@"nu-complete kr partition list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr partition describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show what each replica of partitions has
  export extern "kr partition describe" [
    --topic(-t): string       # All partitions of this topic; may be repeated
    --partitions(-p): string  # Of the topics, only these partitions: 0,2,4-7
    --output(-o): string@"nu-complete kr partition describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...places: string         # Partitions: TOPIC-NUMBER
  ]

  # Leaders of partitions: elect
  export extern "kr partition leaders" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr partition leaders elect output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Elect leaders: the preferred ones, or any live replica where no other is left
  export extern "kr partition leaders elect" [
    --topic(-t): string       # All partitions of this topic; may be repeated
    --partitions(-p): string  # Of the topics, only these partitions: 0,2,4-7
    --preferred               # Elect the first replica of the list, if it is in sync
    --unclean                 # Elect any live replica where there is no leader: records that only the others have are lost
    --all                     # All partitions that need it
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr partition leaders elect output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...places: string         # Partitions: TOPIC-NUMBER
  ]

  def "nu-complete kr partition elect output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Same as `kr partition leaders elect`
  export extern "kr partition elect" [
    --topic(-t): string       # All partitions of this topic; may be repeated
    --partitions(-p): string  # Of the topics, only these partitions: 0,2,4-7
    --preferred               # Elect the first replica of the list, if it is in sync
    --unclean                 # Elect any live replica where there is no leader: records that only the others have are lost
    --all                     # All partitions that need it
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr partition elect output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...places: string         # Partitions: TOPIC-NUMBER
  ]

  def "nu-complete kr partition explain output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Say why partitions are under-replicated or have no leader
  export extern "kr partition explain" [
    --topic(-t): string       # All partitions of this topic; may be repeated
    --partitions(-p): string  # Of the topics, only these partitions: 0,2,4-7
    --interval: string        # Time between the two looks at each replica
    --output(-o): string@"nu-complete kr partition explain output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...places: string         # Partitions: TOPIC-NUMBER
  ]

  def "nu-complete kr partition verify output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Compare the data of replicas, batch by batch
  export extern "kr partition verify" [
    --topic(-t): string       # All partitions of this topic; may be repeated
    --partitions(-p): string  # Of the topics, only these partitions: 0,2,4-7
    --last: string            # Only this many offsets before the end of each partition [default: all]
    --output(-o): string@"nu-complete kr partition verify output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...places: string         # Partitions: TOPIC-NUMBER
  ]

  # Groups of consumers: list, describe, lag, explain, reset, export, delete
  export extern "kr group" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr group list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List groups
  export extern "kr group list" [
    --regex                   # Take PATTERN as a regular expression for whole names
    --prefix                  # Take PATTERN as the beginning of names
    --state: string           # Only groups in these states: Stable, Empty, ...
    --type: string            # Only groups of these types: classic, consumer, share, streams
    --protocol: string        # Only groups of this protocol: consumer, connect, share, ...
    --topic(-t): string       # Only groups that read this topic or have offsets in it
    --lagging: string         # Only groups that are at least so many records behind
    --output(-o): string@"nu-complete kr group list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    pattern?: string          # Only the group of this name
  ]

  def "nu-complete kr group describe section" [] {
    [ "summary" "lag" "members" "assignment" "offsets" ]
  }

  def "nu-complete kr group describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show state, members, committed offsets and lag of groups
  export extern "kr group describe" [
    --group(-g): string       # The same
    --regex                   # Take GROUP as regular expressions for whole names
    --prefix                  # Take GROUP as beginnings of names
    --all-groups              # All groups there are
    --section: string@"nu-complete kr group describe section" # What to show
    --output(-o): string@"nu-complete kr group describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  def "nu-complete kr group lag output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show how far groups are behind, in records and in time
  export extern "kr group lag" [
    --group(-g): string       # The same
    --regex                   # Take GROUP as regular expressions for whole names
    --prefix                  # Take GROUP as beginnings of names
    --all-groups              # All groups there are
    --time                    # Also tell how old the oldest unread record is
    --topic(-t): string       # Only this topic; may be repeated
    --partitions              # Show each partition
    --output(-o): string@"nu-complete kr group lag output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  def "nu-complete kr group explain output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Tell whether groups are stuck, rebalancing, slow or dead, and why
  export extern "kr group explain" [
    --group(-g): string       # The same
    --regex                   # Take GROUP as regular expressions for whole names
    --prefix                  # Take GROUP as beginnings of names
    --all-groups              # All groups there are
    --between: string         # Time between the two looks; longer than the members' auto.commit.interval.ms
    --output(-o): string@"nu-complete kr group explain output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  def "nu-complete kr group reset output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Let groups go on elsewhere
  export extern "kr group reset" [
    --group(-g): string       # The same
    --regex                   # Take GROUP as regular expressions for whole names
    --prefix                  # Take GROUP as beginnings of names
    --all-groups              # All groups there are
    --to: string              # Where to go on: earliest, latest, current, OFFSET, +N, -N, TIME, -DURATION, group:OTHER, file:FILE
    --topic(-t): string       # A topic, or some of its partitions (orders:0,2-5); may be repeated
    --all-topics              # All topics in which the group has offsets
    --wait-empty: string      # Wait so long for the members of a group to leave
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group reset output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  def "nu-complete kr group export output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Write committed offsets to a file
  export extern "kr group export" [
    --group(-g): string       # The same
    --regex                   # Take GROUP as regular expressions for whole names
    --prefix                  # Take GROUP as beginnings of names
    --all-groups              # All groups there are
    --topic(-t): string       # Only this topic, or some of its partitions; may be repeated
    --csv                     # Write the lines of Apache's tools (the default)
    --json                    # Write one document, same as -o json
    --output(-o): string@"nu-complete kr group export output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  def "nu-complete kr group create output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Create a group that begins at given offsets
  export extern "kr group create" [
    --topic(-t): string       # A topic, or some of its partitions (orders:0,2-5); may be repeated
    --to: string              # Where to begin: earliest, latest, OFFSET, TIME, -DURATION
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group create output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    name: string              # Name of the group
  ]

  def "nu-complete kr group clone output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Let another group go on where this one is
  export extern "kr group clone" [
    --topic(-t): string       # Only this topic, or some of its partitions; may be repeated
    --wait-empty: string      # Wait so long for the members of the other group to leave
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group clone output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    from: string              # The group whose offsets are copied
    to: string                # The group that gets them; it may not be there yet
  ]

  def "nu-complete kr group delete output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Delete groups with their offsets
  export extern "kr group delete" [
    --group(-g): string       # The same
    --regex                   # Take GROUP as regular expressions for whole names
    --prefix                  # Take GROUP as beginnings of names
    --all-groups              # All groups there are
    --if-exists               # Be content when a group does not exist
    --wait-empty: string      # Wait so long for the members of a group to leave
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group delete output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  # Committed offsets: delete
  export extern "kr group offsets" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr group offsets delete output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Forget committed offsets of topics that nobody in the group reads
  export extern "kr group offsets delete" [
    --topic(-t): string       # A topic, or some of its partitions (orders:0,2-5); may be repeated
    --all-topics              # All topics in which the group has offsets
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group offsets delete output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    group: string             # Name of the group
  ]

  # Members: remove
  export extern "kr group member" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr group member remove output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Remove members from a classic group
  export extern "kr group member remove" [
    --member: string          # Member id; may be repeated
    --instance: string        # group.instance.id of a static member; may be repeated
    --all                     # All members
    --reason: string          # What the coordinator notes in its log
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group member remove output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    group: string             # Name of the group
  ]

  def "nu-complete kr group topology output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show what groups of Kafka Streams run
  export extern "kr group topology" [
    --group(-g): string       # The same
    --regex                   # Take GROUP as regular expressions for whole names
    --prefix                  # Take GROUP as beginnings of names
    --all-groups              # All groups there are
    --output(-o): string@"nu-complete kr group topology output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  # Topics that Kafka Streams applications made for themselves: delete
  export extern "kr group internal-topics" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr group internal-topics delete output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Delete topics that a Kafka Streams application made for itself
  export extern "kr group internal-topics delete" [
    --group(-g): string       # The same
    --topic(-t): string       # Only this one of them; may be repeated
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group internal-topics delete output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  # Configs of groups: get, set, unset
  export extern "kr group config" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr group config get output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the configs of a group
  export extern "kr group config get" [
    --output(-o): string@"nu-complete kr group config get output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    group: string             # Name of the group
    ...keys: string           # Only these configs
  ]

  def "nu-complete kr group config set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs of a group
  export extern "kr group config set" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group config set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    group: string             # Name of the group
    ...configs: string        # What to set
  ]

  def "nu-complete kr group config unset output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs of a group back to what holds for all
  export extern "kr group config unset" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr group config unset output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    group: string             # Name of the group
    ...keys: string           # What to set back
  ]

  def "nu-complete kr group get output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List groups, or describe those that are named
  export extern "kr group get" [
    --group(-g): string       # The same
    --output(-o): string@"nu-complete kr group get output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  # The cluster: info, nodes, what they serve, how the load is spread
  export extern "kr cluster" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr cluster info output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show id, controller, brokers and features
  export extern "kr cluster info" [
    --output(-o): string@"nu-complete kr cluster info output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr cluster id output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Print the cluster's id
  export extern "kr cluster id" [
    --output(-o): string@"nu-complete kr cluster id output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr cluster nodes output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List brokers and controllers, the fenced ones and ghosts included
  export extern "kr cluster nodes" [
    --fenced                  # Only fenced brokers
    --controllers             # Only controllers
    --ghosts                  # Only controllers that are registered and not in the quorum
    --output(-o): string@"nu-complete kr cluster nodes output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr cluster api-versions output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List the APIs that brokers serve
  export extern "kr cluster api-versions" [
    --output(-o): string@"nu-complete kr cluster api-versions output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...nodes: string          # Ids of brokers [default: all]
  ]

  def "nu-complete kr cluster balance by" [] {
    [ "broker" "rack" ]
  }

  def "nu-complete kr cluster balance output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show how leaders, replicas and bytes are spread over brokers and racks
  export extern "kr cluster balance" [
    --by: string@"nu-complete kr cluster balance by" # What is compared
    --output(-o): string@"nu-complete kr cluster balance output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  # The metadata quorum: status, add and remove voters
  export extern "kr quorum" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr quorum status output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show leader, voters, observers and how far each has come
  export extern "kr quorum status" [
    --output(-o): string@"nu-complete kr quorum status output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr quorum replication output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List the replicas of the metadata log, one row each
  export extern "kr quorum replication" [
    --output(-o): string@"nu-complete kr quorum replication output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr quorum add output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Make a controller that reads along a voter
  export extern "kr quorum add" [
    --directory-id: string    # Its metadata directory [default: as it told the leader]
    --endpoint: string        # Where it listens: NAME://HOST:PORT; may be repeated [default: as it is registered]
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr quorum add output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    controller: string        # The controller; it must be running
  ]

  def "nu-complete kr quorum remove output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Take a voter out of the quorum
  export extern "kr quorum remove" [
    --unsafe-majority         # Also when too few of the others follow the leader now
    --unregister              # Also forget its registration as a controller (Kafka 4.4)
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr quorum remove output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    controller: string        # The voter
  ]

  # Which replicas are where: plan, run, status, cancel
  export extern "kr reassign" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # Plan moves of replicas, and change nothing
  export extern "kr reassign plan" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr reassign plan drain by" [] {
    [ "count" "bytes" ]
  }

  def "nu-complete kr reassign plan drain output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Take every replica off brokers, and move nothing else
  export extern "kr reassign plan drain" [
    --to: string              # Brokers that may get them [default: all others]
    --topics(-t): string      # Only these topics
    --by: string@"nu-complete kr reassign plan drain by" # What brokers are evened out by
    --max-move: string        # Stop planning when this much would be copied
    --throttle: string        # The rate to reckon the time with
    --out: string             # Write the plan to this file (`-`: standard output), for `kr reassign run`
    --output(-o): string@"nu-complete kr reassign plan drain output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...brokers: string        # Brokers to take replicas off
  ]

  def "nu-complete kr reassign plan add by" [] {
    [ "count" "bytes" ]
  }

  def "nu-complete kr reassign plan add output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Give new brokers their fair share
  export extern "kr reassign plan add" [
    --topics(-t): string      # Only these topics
    --by: string@"nu-complete kr reassign plan add by" # What brokers are evened out by
    --max-move: string        # Stop planning when this much would be copied
    --throttle: string        # The rate to reckon the time with
    --out: string             # Write the plan to this file (`-`: standard output), for `kr reassign run`
    --output(-o): string@"nu-complete kr reassign plan add output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...brokers: string        # The new brokers
  ]

  def "nu-complete kr reassign plan rebalance by" [] {
    [ "count" "bytes" ]
  }

  def "nu-complete kr reassign plan rebalance output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Even the brokers out
  export extern "kr reassign plan rebalance" [
    --topics(-t): string      # Only these topics
    --by: string@"nu-complete kr reassign plan rebalance by" # What brokers are evened out by
    --max-move: string        # Stop planning when this much would be copied
    --throttle: string        # The rate to reckon the time with
    --out: string             # Write the plan to this file (`-`: standard output), for `kr reassign run`
    --output(-o): string@"nu-complete kr reassign plan rebalance output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr reassign plan set-rf by" [] {
    [ "count" "bytes" ]
  }

  def "nu-complete kr reassign plan set-rf output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Change how many replicas partitions have
  export extern "kr reassign plan set-rf" [
    --topics(-t): string      # Only these topics
    --by: string@"nu-complete kr reassign plan set-rf by" # What brokers are evened out by
    --max-move: string        # Stop planning when this much would be copied
    --throttle: string        # The rate to reckon the time with
    --out: string             # Write the plan to this file (`-`: standard output), for `kr reassign run`
    --output(-o): string@"nu-complete kr reassign plan set-rf output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    factor: string            # Replicas of each partition
  ]

  def "nu-complete kr reassign plan racks by" [] {
    [ "count" "bytes" ]
  }

  def "nu-complete kr reassign plan racks output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Spread the replicas of each partition over the racks
  export extern "kr reassign plan racks" [
    --topics(-t): string      # Only these topics
    --by: string@"nu-complete kr reassign plan racks by" # What brokers are evened out by
    --max-move: string        # Stop planning when this much would be copied
    --throttle: string        # The rate to reckon the time with
    --out: string             # Write the plan to this file (`-`: standard output), for `kr reassign run`
    --output(-o): string@"nu-complete kr reassign plan racks output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr reassign plan leaders by" [] {
    [ "count" "bytes" ]
  }

  def "nu-complete kr reassign plan leaders output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Even preferred leaders out; moves no data
  export extern "kr reassign plan leaders" [
    --topics(-t): string      # Only these topics
    --by: string@"nu-complete kr reassign plan leaders by" # What brokers are evened out by
    --max-move: string        # Stop planning when this much would be copied
    --throttle: string        # The rate to reckon the time with
    --out: string             # Write the plan to this file (`-`: standard output), for `kr reassign run`
    --output(-o): string@"nu-complete kr reassign plan leaders output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr reassign show output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show what a plan would change, and what of it is done
  export extern "kr reassign show" [
    --output(-o): string@"nu-complete kr reassign show output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    file: string              # The plan; `-` reads standard input
  ]

  def "nu-complete kr reassign run output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Carry a plan out
  export extern "kr reassign run" [
    --throttle: string        # Let each broker copy no more than this: 50MiB/s
    --wave: string            # Partitions to move at once [default: all]
    --pause-on-urp            # Start no wave while partitions that the plan does not move are under-replicated
    --no-wait                 # Start it and do not wait; only without --throttle and --wave
    --interval: string        # How often to look
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr reassign run output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    file: string              # The plan, of `kr reassign plan` or `kafka-reassign-partitions`; `-` reads standard input
  ]

  def "nu-complete kr reassign status output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the reassignments under way
  export extern "kr reassign status" [
    --output(-o): string@"nu-complete kr reassign status output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr reassign cancel output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Stop reassignments; partitions keep the replicas they had
  export extern "kr reassign cancel" [
    --all                     # Stop everything that is under way
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr reassign cancel output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    file?: string             # Stop what this plan started; `-` reads standard input
  ]

  # Brokers: list, describe, configs, log levels, unregister
  export extern "kr broker" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr broker list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List brokers, the fenced ones included
  export extern "kr broker list" [
    --fenced                  # Only fenced brokers
    --output(-o): string@"nu-complete kr broker list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr broker describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show one broker: address, version, features, leaders, replicas
  export extern "kr broker describe" [
    --output(-o): string@"nu-complete kr broker describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...brokers: string        # Ids of brokers
  ]

  # Configs of a broker, or of all brokers
  export extern "kr broker config" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr broker config get output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show configs and where each value comes from
  export extern "kr broker config get" [
    --default                 # What is set for all brokers
    --all                     # Also those that come from somewhere else, and the defaults
    --key(-k): string         # Only this key, wherever its value comes from; may be repeated
    --output(-o): string@"nu-complete kr broker config get output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...brokers: string        # Ids of brokers
  ]

  def "nu-complete kr broker config set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs while the broker runs: KEY=VALUE..
  export extern "kr broker config set" [
    --default                 # What is set for all brokers
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr broker config set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...given: string          # The id of a broker, unless --default, then keys and values
  ]

  def "nu-complete kr broker config unset output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs back to what counts without them
  export extern "kr broker config unset" [
    --default                 # What is set for all brokers
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr broker config unset output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...given: string          # The id of a broker, unless --default, then keys
  ]

  def "nu-complete kr broker config diff output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the configs in which brokers differ; exit code 3 if they do
  export extern "kr broker config diff" [
    --all                     # Also configs that differ on purpose: ids, addresses, directories, racks
    --output(-o): string@"nu-complete kr broker config diff output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...brokers: string        # Ids of brokers [default: all]
  ]

  # Log levels of a broker
  export extern "kr broker logger" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr broker logger list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the level of each logger
  export extern "kr broker logger list" [
    --output(-o): string@"nu-complete kr broker logger list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    broker: string            # The broker
    ...loggers: string        # Only this logger; may be repeated
  ]

  def "nu-complete kr broker logger set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set levels: LOGGER=LEVEL..
  export extern "kr broker logger set" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr broker logger set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    broker: string            # The broker
    ...levels: string         # Loggers and their levels: FATAL, ERROR, WARN, INFO, DEBUG or TRACE
  ]

  def "nu-complete kr broker logger reset output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set levels back to that of the root logger
  export extern "kr broker logger reset" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr broker logger reset output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    broker: string            # The broker
    ...loggers: string        # Loggers
  ]

  def "nu-complete kr broker unregister output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Make the cluster forget a broker that is gone for good
  export extern "kr broker unregister" [
    --even-active             # Also a broker that is in service, which will register again when it is restarted
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr broker unregister output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    broker: string            # The broker
  ]

  # Configs of anything by type and name: get, set, unset
  export extern "kr config" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr config get output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show configs and where each value comes from
  export extern "kr config get" [
    --all                     # Also those that come from somewhere else, and the defaults
    --key(-k): string         # Only this key, wherever its value comes from; may be repeated
    --output(-o): string@"nu-complete kr config get output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...entities: string       # topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
  ]

  def "nu-complete kr config set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs: KEY=VALUE..
  export extern "kr config set" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr config set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    entity: string            # topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
    ...pairs: string          # Keys and values
  ]

  def "nu-complete kr config unset output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set configs back to what counts without them
  export extern "kr config unset" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr config unset output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    entity: string            # topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
    ...keys: string           # Keys
  ]

  def "nu-complete kr config append output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Add items to configs that are lists: KEY=ITEM,..
  export extern "kr config append" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr config append output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    entity: string            # topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
    ...pairs: string          # Keys and values
  ]

  def "nu-complete kr config subtract output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Take items from configs that are lists: KEY=ITEM,..
  export extern "kr config subtract" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr config subtract output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    entity: string            # topic/NAME, group/NAME, broker/ID, broker/default, logger/ID or client-metrics/NAME
    ...pairs: string          # Keys and values
  ]

  # Subscriptions to metrics of clients: list, describe, set, delete
  export extern "kr client-metrics" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr client-metrics list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List subscriptions
  export extern "kr client-metrics list" [
    --output(-o): string@"nu-complete kr client-metrics list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr client-metrics describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show what subscriptions ask for
  export extern "kr client-metrics describe" [
    --output(-o): string@"nu-complete kr client-metrics describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of subscriptions [default: all]
  ]

  def "nu-complete kr client-metrics set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Create or change a subscription
  export extern "kr client-metrics set" [
    --metrics: string         # Prefixes of metrics with commas between; `*` is all
    --interval: string        # How often clients push: 100 ms to 1 h
    --match: string           # Which clients: NAME=REGEX; may be repeated, and all must match
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr client-metrics set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    name: string              # The subscription
  ]

  def "nu-complete kr client-metrics delete output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Delete subscriptions
  export extern "kr client-metrics delete" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr client-metrics delete output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of subscriptions
  ]

  # Controllers: list, unregister
  export extern "kr controller" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr controller list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List controllers, those that are registered and gone included
  export extern "kr controller list" [
    --output(-o): string@"nu-complete kr controller list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr controller unregister output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Forget the registration of a controller that is gone (Kafka 4.4)
  export extern "kr controller unregister" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr controller unregister output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    controller: string        # The controller
  ]

  # Levels of features: list, upgrade, downgrade, what they need
  export extern "kr feature" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr feature list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List features, their level in the cluster and what the nodes support
  export extern "kr feature list" [
    --node: string            # What this broker supports, instead of all nodes together
    --output(-o): string@"nu-complete kr feature list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr feature upgrade output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Raise levels, to those of a release or one by one
  export extern "kr feature upgrade" [
    --release: string         # All levels of this release: 4.1
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr feature upgrade output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...features: string       # Features and levels; 0 is off
  ]

  def "nu-complete kr feature downgrade output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Lower levels
  export extern "kr feature downgrade" [
    --release: string         # All levels of this release: 4.1
    --unsafe                  # Also where metadata is lost by it
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr feature downgrade output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...features: string       # Features and levels; 0 is off
  ]

  def "nu-complete kr feature mapping output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the levels that a release comes with
  export extern "kr feature mapping" [
    --output(-o): string@"nu-complete kr feature mapping output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    release: string           # A release: 4.1, 3.9.2; or a level of metadata.version by name: 4.0-IV1
  ]

  def "nu-complete kr feature deps output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show what a level of a feature needs
  export extern "kr feature deps" [
    --output(-o): string@"nu-complete kr feature deps output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...features: string       # Features and levels
  ]

  def "nu-complete kr feature check output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Say whether every node could go to a release, and who could not; exit code 3 if one could not
  export extern "kr feature check" [
    --to: string              # The release: 4.1; or a level of metadata.version by name: 4.0-IV1
    --output(-o): string@"nu-complete kr feature check output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # Transactions: list, describe, find those that hang, abort
  export extern "kr txn" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr txn list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List transactional ids and their states
  export extern "kr txn list" [
    --state: string           # In this state: Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort, Dead
    --producer-id: string     # Of this producer; may be repeated
    --older-than: string      # Running for longer than this (Kafka 3.8 and newer)
    --id-pattern: string      # Whose transactional id this regular expression matches as a whole
    --output(-o): string@"nu-complete kr txn list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr txn describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show transactions as their coordinators know them
  export extern "kr txn describe" [
    --output(-o): string@"nu-complete kr txn describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...ids: string            # Transactional ids
  ]

  def "nu-complete kr txn producers output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List the producers that a partition remembers
  export extern "kr txn producers" [
    --broker: string          # Ask this replica instead of the leader
    --output(-o): string@"nu-complete kr txn producers output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...partitions: string     # Partitions: TOPIC-PARTITION
  ]

  def "nu-complete kr txn hung output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Find transactions that no coordinator will end, in the whole cluster
  export extern "kr txn hung" [
    --topic(-t): string       # Only in this topic; may be repeated [default: all]
    --older-than: string      # A transaction whose producer wrote within this time does not hang: transaction.max.timeout.ms of the brokers
    --abort                   # Abort what is found
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr txn hung output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr txn abort output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Abort an open transaction in one partition, past its coordinator
  export extern "kr txn abort" [
    --start-offset: string    # Where the transaction begins; see `kr txn producers`
    --even-alive              # Also a transaction that its coordinator will end itself
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr txn abort output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    partition: string         # The partition: TOPIC-PARTITION
  ]

  # Delegation tokens: create, list, renew, expire
  export extern "kr token" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr token create output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Create a token; needs a connection with SASL or a client certificate
  export extern "kr token create" [
    --owner: string           # For this principal instead of the one that asks (Kafka 3.3 and newer)
    --renewer: string         # Who may renew it, too; may be repeated
    --max-lifetime: string    # How long it can be renewed [default: delegation.token.max.lifetime.ms of the brokers]
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr token create output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr token list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List tokens
  export extern "kr token list" [
    --owner: string           # Only of this owner; may be repeated
    --output(-o): string@"nu-complete kr token list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr token renew output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Let tokens live longer
  export extern "kr token renew" [
    --hmac-stdin              # Read the secret of one token from standard input, in base64
    --period: string          # How long from now [default: delegation.token.expiry.time.ms of the brokers]
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr token renew output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...ids: string            # Ids of tokens
  ]

  def "nu-complete kr token expire output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Let tokens expire, at once or later
  export extern "kr token expire" [
    --hmac-stdin              # Read the secret of one token from standard input, in base64
    --after: string           # How long from now [default: at once]
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr token expire output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...ids: string            # Ids of tokens
  ]

  # ACLs: list, add, remove, who may do what
  export extern "kr acl" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr acl list pattern" [] {
    [ "literal" "prefixed" "any" "applies" ]
  }

  def "nu-complete kr acl list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List ACLs
  export extern "kr acl list" [
    --principal: string       # Of this principal, allowed or denied: NAME or User:NAME; may be repeated
    --allow: string           # That allow this principal
    --deny: string            # That deny this principal
    --op: string              # For these operations, with commas between
    --topic(-t): string       # A topic; `*` is all of them; may be repeated
    --group(-g): string       # A group
    --cluster                 # The cluster itself
    --txn: string             # A transactional id
    --token: string           # A delegation token
    --user: string            # A user, whose delegation tokens are meant
    --type: string            # For resources of this type
    --pattern: string@"nu-complete kr acl list pattern" # How names are compared
    --prefix                  # Names are prefixes: --pattern prefixed
    --host: string            # For this address
    --producer                # What a producer needs: write, describe and create topics, use transactional ids
    --consumer                # What a consumer needs: read and describe topics, read groups
    --idempotent              # With --producer: idempotent writes, which need their own ACL before Kafka 2.8
    --output(-o): string@"nu-complete kr acl list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr acl add output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Add ACLs: single ones, or all that a producer or consumer needs
  export extern "kr acl add" [
    --allow: string           # Whom to allow: NAME or User:NAME; `*` is everybody; may be repeated
    --deny: string            # Whom to deny
    --op: string              # What: all, read, write, create, delete, alter, describe, ... with commas between
    --topic(-t): string       # A topic; `*` is all of them; may be repeated
    --group(-g): string       # A group
    --cluster                 # The cluster itself
    --txn: string             # A transactional id
    --token: string           # A delegation token
    --user: string            # A user, whose delegation tokens are meant
    --prefix                  # Names are prefixes
    --host: string            # Only from this address; may be repeated [default: *]
    --producer                # What a producer needs: write, describe and create topics, use transactional ids
    --consumer                # What a consumer needs: read and describe topics, read groups
    --idempotent              # With --producer: idempotent writes, which need their own ACL before Kafka 2.8
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr acl add output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
  ]

  def "nu-complete kr acl remove pattern" [] {
    [ "literal" "prefixed" "any" "applies" ]
  }

  def "nu-complete kr acl remove output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Remove ACLs, after showing which
  export extern "kr acl remove" [
    --principal: string       # Of this principal, allowed or denied: NAME or User:NAME; may be repeated
    --allow: string           # That allow this principal
    --deny: string            # That deny this principal
    --op: string              # For these operations, with commas between
    --topic(-t): string       # A topic; `*` is all of them; may be repeated
    --group(-g): string       # A group
    --cluster                 # The cluster itself
    --txn: string             # A transactional id
    --token: string           # A delegation token
    --user: string            # A user, whose delegation tokens are meant
    --type: string            # For resources of this type
    --pattern: string@"nu-complete kr acl remove pattern" # How names are compared
    --prefix                  # Names are prefixes: --pattern prefixed
    --host: string            # For this address
    --producer                # What a producer needs: write, describe and create topics, use transactional ids
    --consumer                # What a consumer needs: read and describe topics, read groups
    --idempotent              # With --producer: idempotent writes, which need their own ACL before Kafka 2.8
    --all                     # All ACLs of the cluster
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr acl remove output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr acl can output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Say whether a principal may do something, and which ACL decides; exit code 3 if not
  export extern "kr acl can" [
    --host: string            # From this address [default: one that no ACL names]
    --output(-o): string@"nu-complete kr acl can output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    principal: string         # Who: NAME or User:NAME
    operation: string         # What: read, write, create, delete, alter, describe, ...
    resource: string          # To what: topic:NAME, group:NAME, cluster, txn:ID, token:ID, user:NAME
  ]

  def "nu-complete kr acl who-can output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List the principals that may do something
  export extern "kr acl who-can" [
    --output(-o): string@"nu-complete kr acl who-can output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    operation: string         # What: read, write, create, delete, alter, describe, ...
    resource: string          # To what: topic:NAME, group:NAME, cluster, txn:ID, token:ID, user:NAME
  ]

  def "nu-complete kr acl lint output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Find ACLs that do nothing, and ACLs that allow more than they should
  export extern "kr acl lint" [
    --fail                    # Exit with 3 when something is found
    --output(-o): string@"nu-complete kr acl lint output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # Users with SCRAM passwords: list, describe, set, delete
  export extern "kr user" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr user list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List users that have SCRAM credentials
  export extern "kr user list" [
    --output(-o): string@"nu-complete kr user list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr user describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the credentials of users
  export extern "kr user describe" [
    --output(-o): string@"nu-complete kr user describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of users, without `User:`
  ]

  def "nu-complete kr user set mechanisms" [] {
    [ "scram-sha-256" "scram-sha-512" ]
  }

  def "nu-complete kr user set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set the password of a user
  export extern "kr user set" [
    --mechanism: string@"nu-complete kr user set mechanisms" # How the password is hashed; may be repeated
    --iterations: string      # How often it is hashed
    --password-stdin          # Read the password from standard input, up to the end of its line
    --generate                # Make a password up and print it
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr user set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the user, without `User:`
  ]

  def "nu-complete kr user delete mechanisms" [] {
    [ "scram-sha-256" "scram-sha-512" ]
  }

  def "nu-complete kr user delete output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Delete credentials of users
  export extern "kr user delete" [
    --mechanism: string@"nu-complete kr user delete mechanisms" # Only credentials of this mechanism [default: all]
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr user delete output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Names of users, without `User:`
  ]

  # Quotas of users, client ids and addresses: list, set, unset, which one counts
  export extern "kr quota" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr quota list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List quotas, all or those of a user, client id or address
  export extern "kr quota list" [
    --user: string            # This user, without `User:`
    --user-default            # All users that have no quota of their own
    --client-id: string       # This client id
    --client-default          # All client ids that have no quota of their own
    --ip: string              # This address
    --ip-default              # All addresses that have no quota of their own
    --output(-o): string@"nu-complete kr quota list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr quota describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the quotas set for exactly this user, client id or address
  export extern "kr quota describe" [
    --user: string            # This user, without `User:`
    --user-default            # All users that have no quota of their own
    --client-id: string       # This client id
    --client-default          # All client ids that have no quota of their own
    --ip: string              # This address
    --ip-default              # All addresses that have no quota of their own
    --output(-o): string@"nu-complete kr quota describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr quota set output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Set quotas
  export extern "kr quota set" [
    --user: string            # This user, without `User:`
    --user-default            # All users that have no quota of their own
    --client-id: string       # This client id
    --client-default          # All client ids that have no quota of their own
    --ip: string              # This address
    --ip-default              # All addresses that have no quota of their own
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr quota set output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...values: string         # Quotas: producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate, connection_creation_rate; byte rates take units
  ]

  def "nu-complete kr quota unset output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Remove quotas
  export extern "kr quota unset" [
    --all                     # All that are set
    --user: string            # This user, without `User:`
    --user-default            # All users that have no quota of their own
    --client-id: string       # This client id
    --client-default          # All client ids that have no quota of their own
    --ip: string              # This address
    --ip-default              # All addresses that have no quota of their own
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr quota unset output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...keys: string           # Quotas to remove
  ]

  def "nu-complete kr quota effective output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Say which quotas count for a client
  export extern "kr quota effective" [
    --user: string            # The client's user, without `User:`
    --client-id: string       # Its client id
    --ip: string              # Its address
    --output(-o): string@"nu-complete kr quota effective output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # Throttles of replication: list, clear
  export extern "kr throttle" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr throttle list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List throttles of replication
  export extern "kr throttle list" [
    --stale                   # Only those that no reassignment stands behind
    --output(-o): string@"nu-complete kr throttle list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr throttle clear output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Take throttles away
  export extern "kr throttle clear" [
    --stale                   # Only those that no reassignment stands behind
    --all                     # All, also those that a reassignment needs
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr throttle clear output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # Directories of brokers: list, describe, move
  export extern "kr logdir" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr logdir list by" [] {
    [ "dir" "broker" "topic" ]
  }

  def "nu-complete kr logdir list sort" [] {
    [ "name" "size" ]
  }

  def "nu-complete kr logdir list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List directories, or sum them up by broker or topic
  export extern "kr logdir list" [
    --broker: string          # Only these brokers
    --by: string@"nu-complete kr logdir list by" # What is summed up
    --sort: string@"nu-complete kr logdir list sort" # In which order
    --output(-o): string@"nu-complete kr logdir list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr logdir describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the replicas in directories
  export extern "kr logdir describe" [
    --topic(-t): string       # Only replicas of these topics
    --output(-o): string@"nu-complete kr logdir describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...brokers: string        # Only these brokers
  ]

  def "nu-complete kr logdir move output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Move replicas to another directory of their broker
  export extern "kr logdir move" [
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr logdir move output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...moves: string          # Which replica goes where: TOPIC-PARTITION@BROKER:/DIR
  ]

  def "nu-complete kr produce partitioner" [] {
    [ "murmur2" "consistent" "fnv1a" "random" ]
  }

  def "nu-complete kr produce ignore" [] {
    [ "partition" "timestamp" "headers" ]
  }

  def "nu-complete kr produce compression" [] {
    [ "none" "gzip" "snappy" "lz4" "zstd" ]
  }

  def "nu-complete kr produce acks" [] {
    [ "all" "1" "0" ]
  }

  def "nu-complete kr produce output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" ]
  }

  # Write records of standard input or files to a topic
  export extern "kr produce" [
    --topic(-t): string       # The same as TOPIC
    --key(-k): string         # Key of every record that has none
    --key-delim(-K): string   # What stands between key and value in a line
    --delim(-D): string       # What stands between records [default: \\n]
    --header(-H): string      # Header of every record; may be repeated
    --partition(-p): string   # Partition [default: that of the input, by the key, or any]
    --partitioner: string@"nu-complete kr produce partitioner" # How a key chooses its partition
    --timestamp(-T): string   # Timestamp of every record: RFC 3339, seconds or milliseconds since 1970, -1h [default: that of the input, or now]
    --null(-Z)                # Take empty keys and values as null: an empty value is a tombstone
    --json(-J)                # Lines are JSON as `kr consume -J` writes it
    --format(-f): string      # How records stand in the input: see the table of tokens with --help
    --ignore: string@"nu-complete kr produce ignore" # What the input says and shall not count
    --file-per-record         # Each file is one record
    --compression(-z): string@"nu-complete kr produce compression" # Compression
    --acks: string@"nu-complete kr produce acks" # Who must have a record before it counts as written
    --txn: string             # Write all records in one transaction of this id: all are seen, or none
    --txn-timeout: string     # How long the transaction may be open before the broker aborts it
    --rate: string            # At most this much a second: records, or bytes as in 1MiB
    --output(-o): string@"nu-complete kr produce output" # Form of what is said of the records that were written
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    topic?: string            # Topic to write to; with -J or %t in -f it may be left out (-), then each record names its own
    ...files: path            # Files to read, - for standard input [default: -]
  ]

  def "nu-complete kr consume partitioner" [] {
    [ "murmur2" "consistent" "fnv1a" "random" ]
  }

  def "nu-complete kr consume output" [] {
    [ "value" "json" ]
  }

  # Read records of topics
  export extern "kr consume" [
    --topic(-t): string       # The same
    --partition(-p): string   # Only these partitions, with commas between
    --offset(-o): string      # Where to begin: start, end, an offset, -N for the last N of each partition, a TIME, or FROM:UNTIL
    --until: string           # Where to end: an offset or a TIME that is not read any more [default: the end at launch]
    --tail: string            # Only the last N records of all partitions together, by time
    --max-messages(-n): string # End after this many records
    --per-partition: string   # End each partition after this many records
    --follow(-F)              # Go on with records as they come
    --group(-g): string       # Join this group; begins where it has committed
    --commit                  # Commit what was printed as read by the group
    --instance-id: string     # Be this static member of the group, which keeps its partitions while it is away
    --where: string           # Only records for which this holds: `key == "a" && value.amount > 10`
    --filter: string          # Only records for which this holds: `key == "a" && value.amount > 10`
    --key: string             # Only records with this key, read from the partition it belongs to
    --partitioner: string@"nu-complete kr consume partitioner" # How the producer chose the partition of --key
    --format(-f): string      # What to print of a record: see the table of tokens with --help
    --json(-J)                # JSON, one record a line, as `kr produce -J` reads it
    --output: string@"nu-complete kr consume output" # Form of the output: value or json
    --decode                  # Say what the records of Kafka's own topics mean
    --json-values             # In JSON, embed keys and values that are JSON themselves
    --no-value                # Leave values out
    --headers-only            # Leave keys and values out
    --truncate: string        # Cut keys and values after this many bytes, and say so
    --show-null(-Z)           # Print NULL for what is null
    --uncommitted             # Also records of open and aborted transactions
    --rack: string            # Read from a replica in this rack
    --rate: string            # At most this much a second: records, or bytes as in 1MiB
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Topics to read
  ]

  def "nu-complete kr tui theme" [] {
    [ "dark" "light" "high-contrast" "deuteranopia" "tritanopia" "mono" ]
  }

  # Watch the cluster: leaders, ISRs and epochs as they move
  export extern "kr tui" [
    --theme: string@"nu-complete kr tui theme" # Colours [default: dark, or mono where there are none]
    --ascii                   # Draw with ASCII only
    --no-mouse                # Leave the mouse to the terminal
    --read-only               # Change nothing, whatever the context allows
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr doctor fail_on" [] {
    [ "info" "warning" "error" ]
  }

  def "nu-complete kr doctor output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Check the cluster: what is wrong, and what to do about it
  export extern "kr doctor" [
    --fail-on: string@"nu-complete kr doctor fail_on" # Exit with 3 from this severity on
    --only: string            # Only these checks
    --list                    # List the checks and look at nothing
    --output(-o): string@"nu-complete kr doctor output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr diff section" [] {
    [ "topics" "configs" "acls" "quotas" "users" "groups" "features" ]
  }

  def "nu-complete kr diff output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Tell in what two clusters differ
  export extern "kr diff" [
    --section: string@"nu-complete kr diff section" # What to compare [default: everything both clusters serve]
    --include-internal        # Also Kafka's own topics
    --output(-o): string@"nu-complete kr diff output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    left: string              # A context, or HOST:PORT of a broker
    right: string             # The one it is compared with
  ]

  # From ZooKeeper to KRaft: check, dry-run
  export extern "kr migrate" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr migrate check fail_on" [] {
    [ "information" "warning" "error" "blocker" ]
  }

  def "nu-complete kr migrate check output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Look for what stands in the way of a migration
  export extern "kr migrate check" [
    --zk-data: path           # Data directory of a ZooKeeper server, or a copy of it; given twice when its logs are in another one
    --chroot: string          # Where the cluster is in ZooKeeper: the path behind the hosts in zookeeper.connect
    --target-mv: string       # Release or metadata.version that controllers are formatted with, such as 3.9 or 3.9-IV0
    --metadata-dir: path      # A controller's __cluster_metadata-0 directory, or a checkpoint
    --fail-on: string@"nu-complete kr migrate check fail_on" # Exit with 3 from this severity on
    --only: string            # Only these checks
    --skip: string            # All but these checks
    --list                    # List the checks and look at nothing
    --output(-o): string@"nu-complete kr migrate check output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr migrate dry-run output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Convert the metadata as Kafka's own driver would, or name what stops it
  export extern "kr migrate dry-run" [
    --zk-data: path           # Data directory of a ZooKeeper server, or a copy of it; given twice when its logs are in another one
    --chroot: string          # Where the cluster is in ZooKeeper: the path behind the hosts in zookeeper.connect
    --target-mv: string       # Release or metadata.version that controllers are formatted with, such as 3.9 or 3.9-IV0
    --out: path               # Write the records to a file that Kafka's metadata shell reads
    --output(-o): string@"nu-complete kr migrate dry-run output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr wait output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Wait until conditions hold
  export extern "kr wait" [
    --for: string             # What to wait for; all of them when it is repeated
    --interval: string        # How often to look
    --output(-o): string@"nu-complete kr wait output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr watch kinds" [] {
    [ "leader" "isr-" "isr+" "replicas" "fence" "unfence" "broker" "controller" "voters" "topic" "config" "group" "blind" ]
  }

  def "nu-complete kr watch form" [] {
    [ "lines" "jsonl" ]
  }

  # What happens in the cluster, a line for each event
  export extern "kr watch" [
    --kind: string@"nu-complete kr watch kinds" # Only events of these kinds, with commas between
    --topic: string           # Only events of this topic; may be repeated
    --since-start             # Tell what happened before, too, as far back as the metadata log goes
    --poll                    # Compare looks, and do not follow the metadata log
    --all                     # Tell each event of a batch, however many are alike
    --for: string             # End after this time
    --count(-n): string       # End after this many events
    --output(-o): string@"nu-complete kr watch form" # How events are printed
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr journal output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # The changes made from this machine
  export extern "kr journal" [
    --limit(-n): string       # Show this many of the newest
    --all                     # Show all
    --output(-o): string@"nu-complete kr journal output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # Take a change back
  export extern "kr undo" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr undo list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List the changes that can be taken back
  export extern "kr undo list" [
    --output(-o): string@"nu-complete kr undo list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr undo show output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show what taking a change back would do
  export extern "kr undo show" [
    --output(-o): string@"nu-complete kr undo show output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    id: string                # The change: its id or the beginning of it, or `last`
  ]

  def "nu-complete kr undo apply output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Take a change back
  export extern "kr undo apply" [
    --anyway                  # Go back also where somebody changed it since
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr undo apply output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    id: string                # The change: its id or the beginning of it, or `last`
  ]

  def "nu-complete kr tail partitioner" [] {
    [ "murmur2" "consistent" "fnv1a" "random" ]
  }

  def "nu-complete kr tail output" [] {
    [ "value" "json" ]
  }

  # Read the last records of topics, then those that come
  export extern "kr tail" [
    --topic(-t): string       # The same
    --partition(-p): string   # Only these partitions, with commas between
    --offset(-o): string      # Where to begin: start, end, an offset, -N for the last N of each partition, a TIME, or FROM:UNTIL
    --until: string           # Where to end: an offset or a TIME that is not read any more [default: the end at launch]
    --tail: string            # Only the last N records of all partitions together, by time
    --max-messages(-n): string # End after this many records
    --per-partition: string   # End each partition after this many records
    --follow(-F)              # Go on with records as they come
    --group(-g): string       # Join this group; begins where it has committed
    --commit                  # Commit what was printed as read by the group
    --instance-id: string     # Be this static member of the group, which keeps its partitions while it is away
    --where: string           # Only records for which this holds: `key == "a" && value.amount > 10`
    --filter: string          # Only records for which this holds: `key == "a" && value.amount > 10`
    --key: string             # Only records with this key, read from the partition it belongs to
    --partitioner: string@"nu-complete kr tail partitioner" # How the producer chose the partition of --key
    --format(-f): string      # What to print of a record: see the table of tokens with --help
    --json(-J)                # JSON, one record a line, as `kr produce -J` reads it
    --output: string@"nu-complete kr tail output" # Form of the output: value or json
    --decode                  # Say what the records of Kafka's own topics mean
    --json-values             # In JSON, embed keys and values that are JSON themselves
    --no-value                # Leave values out
    --headers-only            # Leave keys and values out
    --truncate: string        # Cut keys and values after this many bytes, and say so
    --show-null(-Z)           # Print NULL for what is null
    --uncommitted             # Also records of open and aborted transactions
    --rack: string            # Read from a replica in this rack
    --rate: string            # At most this much a second: records, or bytes as in 1MiB
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Topics to read
  ]

  # Read what Kafka writes in topics of its own
  export extern "kr decode" [
    --partition(-p): string   # Only these partitions, with commas between
    --offset(-o): string      # Where to begin: start, end, an offset, -N for the last N of each partition, a TIME, or FROM:UNTIL
    --until: string           # Where to end: an offset or a TIME that is not read any more [default: the end at launch]
    --tail: string            # Only the last N records of all partitions together, by time
    --max-messages(-n): string # End after this many records
    --follow(-F)              # Go on with records as they come
    --json(-J)                # JSON, one record a line
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    topic: string             # __consumer_offsets, __transaction_state, __share_group_state or __cluster_metadata
  ]

  # Keys of records: partition
  export extern "kr key" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr key partition partitioner" [] {
    [ "murmur2" "consistent" "fnv1a" "random" ]
  }

  def "nu-complete kr key partition output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Tell the partition that keys belong to
  export extern "kr key partition" [
    --topic(-t): string       # The topic
    --partitions: string      # How many partitions there are, instead of asking for a topic
    --partitioner: string@"nu-complete kr key partition partitioner" # How the producer chooses
    --output(-o): string@"nu-complete kr key partition output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    ...keys: string           # Keys
  ]

  # Clusters by name
  export extern "kr context" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr context list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the contexts of the configuration
  export extern "kr context list" [
    --output(-o): string@"nu-complete kr context list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # Make a context the one used when none is named
  export extern "kr context use" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    name: string              # Name of the context
  ]

  def "nu-complete kr context current output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show the name of the context in use
  export extern "kr context current" [
    --output(-o): string@"nu-complete kr context current output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr context show output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show a context with its properties
  export extern "kr context show" [
    --output(-o): string@"nu-complete kr context show output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    name?: string             # Name of the context [default: the one in use]
  ]

  def "nu-complete kr context add read_only" [] {
    [ "true" "false" ]
  }

  def "nu-complete kr context add confirm" [] {
    [ "ask" "type-name" ]
  }

  def "nu-complete kr context add color" [] {
    [ "red" "yellow" "green" "blue" "magenta" "cyan" ]
  }

  # Add a context
  export extern "kr context add" [
    --read-only: string@"nu-complete kr context add read_only" # Change nothing on this cluster [--read-only=false takes it back]
    --protect: string         # Operations whose target must be typed: topic.delete, topic, *
    --confirm: string@"nu-complete kr context add confirm" # How a change is agreed to
    --max-blast: string       # The most targets one change may have
    --expect-cluster-id: string # Id of the only cluster that may be changed
    --color: string@"nu-complete kr context add color" # Colour in which the context is shown
    --ask-password            # Ask for the SASL password and keep it in a file of its own
    --secrets-to: path        # Directory for files with secrets [default: secrets beside the configuration]
    --use                     # Make it the one used when none is named
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the new context
  ]

  def "nu-complete kr context edit read_only" [] {
    [ "true" "false" ]
  }

  def "nu-complete kr context edit confirm" [] {
    [ "ask" "type-name" ]
  }

  def "nu-complete kr context edit color" [] {
    [ "red" "yellow" "green" "blue" "magenta" "cyan" ]
  }

  # Change a context
  export extern "kr context edit" [
    --read-only: string@"nu-complete kr context edit read_only" # Change nothing on this cluster [--read-only=false takes it back]
    --protect: string         # Operations whose target must be typed: topic.delete, topic, *
    --confirm: string@"nu-complete kr context edit confirm" # How a change is agreed to
    --max-blast: string       # The most targets one change may have
    --expect-cluster-id: string # Id of the only cluster that may be changed
    --color: string@"nu-complete kr context edit color" # Colour in which the context is shown
    --ask-password            # Ask for the SASL password and keep it in a file of its own
    --secrets-to: path        # Directory for files with secrets [default: secrets beside the configuration]
    --unset: string           # Take a property or key out: sasl.username, protected, color
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    name: string              # Name of the context
  ]

  # Remove a context
  export extern "kr context remove" [
    --yes(-y)                 # Do not ask
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...names: string          # Names of the contexts
  ]

  # Give a context another name
  export extern "kr context rename" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    from: string              # Name of the context
    to: string                # Its new name
  ]

  def "nu-complete kr context import format" [] {
    [ "java" "librdkafka" "kcat" "kafkactl" "rpk" "kcl" "kaf" ]
  }

  def "nu-complete kr context import output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Add the contexts of another tool's file
  export extern "kr context import" [
    --name: string            # Name of the context, when the file has one cluster [default: its name there, or that of the file]
    --secrets-to: path        # Write each secret to a file of its own in this directory, instead of referring to FILE
    --replace                 # Replace contexts that exist
    --use                     # Make the current one there the one used here
    --dry-run                 # Show what would be added and add nothing
    --output(-o): string@"nu-complete kr context import output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    format: string@"nu-complete kr context import format" # Whose file it is
    file: path                # The file
  ]

  def "nu-complete kr context export format" [] {
    [ "java" "librdkafka" ]
  }

  # Write a context as a file of another client
  export extern "kr context export" [
    --as: string@"nu-complete kr context export format" # Whose file it becomes
    --out: path               # File to write, with secrets, for its owner only [default: standard output, without secrets]
    --replace                 # Replace FILE if it exists
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    name?: string             # Name of the context [default: the one in use]
  ]

  def "nu-complete kr context doctor output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Say at which step a connection fails, and why
  export extern "kr context doctor" [
    --output(-o): string@"nu-complete kr context doctor output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    name?: string             # Name of the context [default: the one in use]
  ]

  # Use the contexts of this project's .kr.toml
  export extern "kr context trust" [
    --yes(-y)                 # Do not ask
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  # A local cluster on this machine
  export extern "kr dev" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr dev up roles" [] {
    [ "combined" "separate" ]
  }

  def "nu-complete kr dev up profile" [] {
    [ "fast" "real" ]
  }

  def "nu-complete kr dev up output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Start a cluster, or go on with the one of that name
  export extern "kr dev up" [
    --name: string            # Name of the cluster
    --nodes(-n): string       # Number of brokers [default: 3]
    --controllers: string     # Number of controllers [default: 3, or 1 below 3 brokers]
    --roles: string@"nu-complete kr dev up roles" # Controllers among the brokers, or nodes of their own [default: combined]
    --racks: string           # Racks, given to the brokers in turn
    --profile: string@"nu-complete kr dev up profile" # Timers: `fast` reacts in tens of milliseconds, `real` has Kafka's defaults [default: fast]
    --set: string             # A Kafka property of every node; may be repeated
    --topic: string           # A topic that is to exist; may be repeated
    --port: string            # Port of the first broker, the others follow; 0 takes free ones [default: 9092]
    --ephemeral               # Remove the cluster when it ends
    --fresh                   # Begin anew: throw the data of an earlier cluster of this name away
    --detach(-d)              # Leave the cluster running in the background
    --wait: string            # How long to wait until it is ready [default: 60s]
    --ready-fd: string        # Write one line of JSON to this file descriptor when it is ready
    --output(-o): string@"nu-complete kr dev up output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr dev down output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Shut a cluster down; its data stays
  export extern "kr dev down" [
    --name: string            # Name of the cluster
    --all                     # Shut all clusters of this user down
    --delete                  # Remove the data as well
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr dev down output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr dev status output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show how a cluster and its nodes are
  export extern "kr dev status" [
    --name: string            # Name of the cluster
    --output(-o): string@"nu-complete kr dev status output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr dev env output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Print variables that point clients to a cluster
  export extern "kr dev env" [
    --name: string            # Name of the cluster
    --output(-o): string@"nu-complete kr dev env output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr dev run roles" [] {
    [ "combined" "separate" ]
  }

  def "nu-complete kr dev run profile" [] {
    [ "fast" "real" ]
  }

  # Run a command with a cluster of its own, removed afterwards
  export extern "kr dev run" [
    --nodes(-n): string       # Number of brokers [default: 3]
    --controllers: string     # Number of controllers [default: 3, or 1 below 3 brokers]
    --roles: string@"nu-complete kr dev run roles" # Controllers among the brokers, or nodes of their own [default: combined]
    --racks: string           # Racks, given to the brokers in turn
    --profile: string@"nu-complete kr dev run profile" # Timers: `fast` reacts in tens of milliseconds, `real` has Kafka's defaults [default: fast]
    --set: string             # A Kafka property of every node; may be repeated
    --topic: string           # A topic that is to exist; may be repeated
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
    ...command: string        # The command and its arguments
  ]

  # Show what the nodes logged
  export extern "kr dev logs" [
    --name: string            # Name of the cluster
    --follow(-F)              # Go on as lines are added
    --tail: string            # Show only the last lines
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...nodes: string          # Nodes whose logs to show [default: all]
  ]

  def "nu-complete kr dev list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List the clusters of this user
  export extern "kr dev list" [
    --output(-o): string@"nu-complete kr dev list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
  ]

  def "nu-complete kr dev kill output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # End nodes at once: nothing flushed, nobody told
  export extern "kr dev kill" [
    --name: string            # Name of the cluster
    --wait: string            # Then wait until the nodes that run make a ready cluster [default: 60s]
    --output(-o): string@"nu-complete kr dev kill output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...targets: string        # Nodes: a number, all, @controller, @leader:TOPIC-PARTITION, @rack:RACK
  ]

  def "nu-complete kr dev stop output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Shut nodes down in order
  export extern "kr dev stop" [
    --name: string            # Name of the cluster
    --wait: string            # Then wait until the nodes that run make a ready cluster [default: 60s]
    --output(-o): string@"nu-complete kr dev stop output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...targets: string        # Nodes: a number, all, @controller, @leader:TOPIC-PARTITION, @rack:RACK
  ]

  def "nu-complete kr dev start output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Start nodes that are down
  export extern "kr dev start" [
    --name: string            # Name of the cluster
    --wait: string            # Then wait until the nodes that run make a ready cluster [default: 60s]
    --output(-o): string@"nu-complete kr dev start output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...targets: string        # Nodes: a number, all, @controller, @leader:TOPIC-PARTITION, @rack:RACK
  ]

  def "nu-complete kr dev pause output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Freeze nodes with their connections open
  export extern "kr dev pause" [
    --name: string            # Name of the cluster
    --wait: string            # Then wait until the nodes that run make a ready cluster [default: 60s]
    --output(-o): string@"nu-complete kr dev pause output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...targets: string        # Nodes: a number, all, @controller, @leader:TOPIC-PARTITION, @rack:RACK
  ]

  def "nu-complete kr dev resume output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Let frozen nodes go on
  export extern "kr dev resume" [
    --name: string            # Name of the cluster
    --wait: string            # Then wait until the nodes that run make a ready cluster [default: 60s]
    --output(-o): string@"nu-complete kr dev resume output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...targets: string        # Nodes: a number, all, @controller, @leader:TOPIC-PARTITION, @rack:RACK
  ]

  def "nu-complete kr dev supervise roles" [] {
    [ "combined" "separate" ]
  }

  def "nu-complete kr dev supervise profile" [] {
    [ "fast" "real" ]
  }

  def "nu-complete kr dev supervise output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # What `up -d` starts
  export extern "kr dev supervise" [
    --name: string            # Name of the cluster
    --nodes(-n): string       # Number of brokers [default: 3]
    --controllers: string     # Number of controllers [default: 3, or 1 below 3 brokers]
    --roles: string@"nu-complete kr dev supervise roles" # Controllers among the brokers, or nodes of their own [default: combined]
    --racks: string           # Racks, given to the brokers in turn
    --profile: string@"nu-complete kr dev supervise profile" # Timers: `fast` reacts in tens of milliseconds, `real` has Kafka's defaults [default: fast]
    --set: string             # A Kafka property of every node; may be repeated
    --topic: string           # A topic that is to exist; may be repeated
    --port: string            # Port of the first broker, the others follow; 0 takes free ones [default: 9092]
    --ephemeral               # Remove the cluster when it ends
    --fresh                   # Begin anew: throw the data of an earlier cluster of this name away
    --detach(-d)              # Leave the cluster running in the background
    --wait: string            # How long to wait until it is ready [default: 60s]
    --ready-fd: string        # Write one line of JSON to this file descriptor when it is ready
    --output(-o): string@"nu-complete kr dev supervise output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
  ]

  def "nu-complete kr completion shell" [] {
    [ "bash" "zsh" "fish" "powershell" "elvish" "nushell" ]
  }

  # Print the script that makes a shell complete kr
  export extern "kr completion" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete kr completion shell" # The shell
  ]

  # Print or install manual pages
  export extern "kr man" [
    --install: path           # Write the pages of all commands to a directory [default: ~/.local/share/man/man1]
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --bootstrap-controller: string # Controllers to ask instead of brokers, where Kafka 3.7 and newer allow it, HOST:PORT with commas between
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --sasl-password-stdin     # Take the SASL password from the first line of standard input
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --help(-h)                # Print help
    ...command: string        # The command, as it is typed after kr; without it the page of kr itself
  ]

}

export use completions *
