// A client of its own for the interop suites, on franz-go.
//
//	exchange   writes records with every codec and reads them back in a group of two members;
//	           with -fault and -heal, commands that run in the middle of each codec's records
//	load       writes until it is told to end and prints what was acknowledged, a line a record
//	verify     reads a topic and compares it with what `load` printed
//
// It leaves every setting of franz-go at its default: an idempotent producer with acks=all.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	partitions        = 6
	replicationFactor = 3
)

type options struct {
	brokers  []string
	topic    string
	records  int
	fault    string
	heal     string
	acked    string
	deadline time.Duration
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: franz-go exchange|load|verify -brokers LIST -topic NAME ..."))
	}
	var opts options
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	brokers := flags.String("brokers", "", "brokers to ask first, HOST:PORT with commas between")
	flags.StringVar(&opts.topic, "topic", "", "topic, created by exchange and load")
	flags.IntVar(&opts.records, "records", 10_000, "records with each codec")
	flags.StringVar(&opts.fault, "fault", "", "command to run in the middle of each codec's records")
	flags.StringVar(&opts.heal, "heal", "", "command to run after each codec's records")
	flags.StringVar(&opts.acked, "acked", "", "file with what load printed")
	flags.DurationVar(&opts.deadline, "deadline", 2*time.Minute, "time for all of it")
	_ = flags.Parse(os.Args[2:])
	opts.brokers = strings.Split(*brokers, ",")

	ctx, cancel := context.WithTimeout(context.Background(), opts.deadline)
	defer cancel()
	run := map[string]func(context.Context, options) error{"exchange": exchange, "load": load, "verify": verify}[os.Args[1]]
	if run == nil {
		fail(fmt.Errorf("no command %q", os.Args[1]))
	}
	if err := run(ctx, opts); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "franz-go:", err)
	os.Exit(1)
}

func createTopic(ctx context.Context, opts options) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(opts.brokers...))
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = kadm.NewClient(client).CreateTopic(ctx, partitions, replicationFactor, nil, opts.topic)
	if err != nil {
		return fmt.Errorf("create topic %s: %w", opts.topic, err)
	}
	return nil
}
