module completions {

  # kr: a local KRaft cluster and an administrator for any Kafka cluster
  export extern kr [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    --version(-V)             # Print version
  ]

  # Topics: list, create, describe, delete
  export extern "kr topic" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
  ]

  def "nu-complete kr topic list output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List topics
  export extern "kr topic list" [
    --prefix                  # Take NAME as the beginning of names
    --internal                # Also Kafka's own topics
    --under-replicated        # Only topics with partitions that lack replicas in sync
    --output(-o): string@"nu-complete kr topic list output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --if-not-exists           # Be content with a topic that exists, whatever it looks like
    --dry-run                 # Show what would be done and change nothing
    --yes(-y)                 # Do not ask
    --output(-o): string@"nu-complete kr topic create output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic describe output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Show partitions, offsets and configs of topics
  export extern "kr topic describe" [
    --topic(-t): string       # The same
    --all-configs             # Also configs that are the default
    --output(-o): string@"nu-complete kr topic describe output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic delete output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Delete topics and all their records
  export extern "kr topic delete" [
    --topic(-t): string       # The same
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    ...names: string          # Names of topics; `-` reads them from standard input
  ]

  def "nu-complete kr topic produce compression" [] {
    [ "none" "gzip" "snappy" "lz4" "zstd" ]
  }

  def "nu-complete kr topic produce acks" [] {
    [ "all" "1" "0" ]
  }

  def "nu-complete kr topic produce output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Same as `kr produce`
  export extern "kr topic produce" [
    --topic(-t): string       # The same
    --key(-k): string         # Key of every record
    --key-delim(-K): string   # What stands between key and value in a line
    --header(-H): string      # Header of every record; may be repeated
    --partition(-p): string   # Partition [default: by the key, or any]
    --null(-Z)                # Take an empty value as a tombstone
    --json(-J)                # Lines are JSON as `kr consume -J` writes it
    --compression(-z): string@"nu-complete kr topic produce compression" # Compression
    --acks: string@"nu-complete kr topic produce acks" # Who must have a record before it counts as written
    --output(-o): string@"nu-complete kr topic produce output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
    topic?: string            # Topic to write to; with -J it may be left out, then each line names its own
  ]

  def "nu-complete kr topic consume output" [] {
    [ "value" "json" ]
  }

  # Same as `kr consume`
  export extern "kr topic consume" [
    --topic(-t): string       # The same
    --partition(-p): string   # Only these partitions, with commas between
    --offset(-o): string      # Where to begin: start, end, an offset, -N for the last N of each partition, or @TIME
    --max-messages(-n): string # End after this many records
    --follow(-F)              # Go on with records as they come
    --group(-g): string       # Join this group; begins where it has committed
    --commit                  # Commit what was printed as read by the group
    --format(-f): string      # What to print of a record: %v value, %k key, %h headers, %t topic, %p partition, %o offset, %T timestamp, %% percent, \n, \t
    --json(-J)                # JSON, one record a line, as `kr produce -J` reads it
    --output: string@"nu-complete kr topic consume output" # Form of the output: value or json
    --uncommitted             # Also records of open and aborted transactions
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Topics to read
  ]

  # Consumer groups: list, describe
  export extern "kr group" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    ...names: string          # Names of groups; `-` reads them from standard input
  ]

  # The cluster: info, nodes
  export extern "kr cluster" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
  ]

  def "nu-complete kr cluster nodes output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # List brokers and controllers
  export extern "kr cluster nodes" [
    --output(-o): string@"nu-complete kr cluster nodes output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --watch(-w): string       # Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
  ]

  # The metadata quorum: status
  export extern "kr quorum" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
  ]

  # Which replicas are where: plan, run, status, cancel
  export extern "kr reassign" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
  ]

  # Plan moves of replicas, and change nothing
  export extern "kr reassign plan" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    file?: string             # Stop what this plan started; `-` reads standard input
  ]

  def "nu-complete kr produce compression" [] {
    [ "none" "gzip" "snappy" "lz4" "zstd" ]
  }

  def "nu-complete kr produce acks" [] {
    [ "all" "1" "0" ]
  }

  def "nu-complete kr produce output" [] {
    [ "table" "wide" "name" "json" "jsonl" "yaml" "csv" "tsv" "jsonpath=" "template=" ]
  }

  # Write records from standard input to a topic
  export extern "kr produce" [
    --topic(-t): string       # The same
    --key(-k): string         # Key of every record
    --key-delim(-K): string   # What stands between key and value in a line
    --header(-H): string      # Header of every record; may be repeated
    --partition(-p): string   # Partition [default: by the key, or any]
    --null(-Z)                # Take an empty value as a tombstone
    --json(-J)                # Lines are JSON as `kr consume -J` writes it
    --compression(-z): string@"nu-complete kr produce compression" # Compression
    --acks: string@"nu-complete kr produce acks" # Who must have a record before it counts as written
    --output(-o): string@"nu-complete kr produce output" # Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    --columns: string         # Only these columns, in this order: heads of the table or fields of the items
    --sort-by: string         # Sort by a column or a field; COLUMN:desc for the largest first
    --no-headers              # Leave out the line with the names of the columns
    --output-schema           # Print the JSON Schema of what `-o json` prints, and do nothing else
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
    topic?: string            # Topic to write to; with -J it may be left out, then each line names its own
  ]

  def "nu-complete kr consume output" [] {
    [ "value" "json" ]
  }

  # Read records of topics
  export extern "kr consume" [
    --topic(-t): string       # The same
    --partition(-p): string   # Only these partitions, with commas between
    --offset(-o): string      # Where to begin: start, end, an offset, -N for the last N of each partition, or @TIME
    --max-messages(-n): string # End after this many records
    --follow(-F)              # Go on with records as they come
    --group(-g): string       # Join this group; begins where it has committed
    --commit                  # Commit what was printed as read by the group
    --format(-f): string      # What to print of a record: %v value, %k key, %h headers, %t topic, %p partition, %o offset, %T timestamp, %% percent, \n, \t
    --json(-J)                # JSON, one record a line, as `kr produce -J` reads it
    --output: string@"nu-complete kr consume output" # Form of the output: value or json
    --uncommitted             # Also records of open and aborted transactions
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
    ...names: string          # Topics to read
  ]

  # Clusters by name
  export extern "kr context" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
  ]

  # Make a context the one used when none is named
  export extern "kr context use" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    name: string              # Name of the context
  ]

  # A local cluster on this machine
  export extern "kr dev" [
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
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
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
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
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help (see more with '--help')
    shell: string@"nu-complete kr completion shell" # The shell
  ]

  # Print or install manual pages
  export extern "kr man" [
    --install: path           # Write the pages of all commands to a directory [default: ~/.local/share/man/man1]
    --bootstrap-server(-b): string # Brokers to ask first, HOST:PORT with commas between
    --context(-c): string     # Context to use: a cluster by its name in the configuration
    --config: path            # Configuration file [default: ~/.config/kr/config.toml]
    --command-config: path    # File of Kafka client properties (Java or librdkafka names)
    --property(-X): string    # One Kafka client property; may be repeated
    --timeout: string         # How long a command may wait for the cluster in all: 30s, 2m
    --verbose(-v)             # Say on stderr what is sent and received; -vv for more
    --quiet(-q)               # Say only errors on stderr
    --no-color                # No colours, also on a terminal
    --help(-h)                # Print help
    ...command: string        # The command, as it is typed after kr; without it the page of kr itself
  ]

}

export use completions *
