package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var codecs = []struct {
	name  string
	codec kgo.CompressionCodec
}{
	{"none", kgo.NoCompression()},
	{"gzip", kgo.GzipCompression()},
	{"snappy", kgo.SnappyCompression()},
	{"lz4", kgo.Lz4Compression()},
	{"zstd", kgo.ZstdCompression()},
}

// exchange writes and reads, then reads all again without a group: each record must be there once.
func exchange(ctx context.Context, opts options) error {
	if err := createTopic(ctx, opts); err != nil {
		return err
	}
	group := newGroup(opts)
	if err := group.join(ctx); err != nil {
		return err
	}
	defer group.close()
	written := map[string]bool{}
	for _, codec := range codecs {
		if err := write(ctx, opts, codec.name, codec.codec, written); err != nil {
			return fmt.Errorf("%s: %w", codec.name, err)
		}
	}
	if err := group.wait(ctx, len(written)); err != nil {
		return err
	}
	return readOnce(ctx, opts, written)
}

// write sends one codec's records, with the fault in the middle, and waits for every acknowledgement.
func write(ctx context.Context, opts options, name string, codec kgo.CompressionCodec, written map[string]bool) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(opts.brokers...), kgo.ProducerBatchCompression(codec))
	if err != nil {
		return err
	}
	defer client.Close()
	var lock sync.Mutex
	var failed error
	acknowledge := func(r *kgo.Record, err error) {
		lock.Lock()
		defer lock.Unlock()
		if err != nil && failed == nil {
			failed = fmt.Errorf("record %s was refused: %w", r.Key, err)
		}
	}
	produce := func(from, to int) {
		for i := from; i < to; i++ {
			key := fmt.Sprintf("%s-%05d", name, i)
			written[key] = true
			client.Produce(ctx, record(opts.topic, key), acknowledge)
		}
	}
	half := opts.records / 2
	produce(0, half)
	if opts.fault == "" {
		produce(half, opts.records)
	} else if err := duringFault(ctx, opts, half, produce); err != nil {
		return err
	}
	if err := client.Flush(ctx); err != nil {
		return fmt.Errorf("waiting for acknowledgements: %w", err)
	}
	lock.Lock()
	defer lock.Unlock()
	if failed != nil || opts.heal == "" {
		return failed
	}
	return command(ctx, opts.heal)
}

// duringFault spreads the second half of the records over the time the fault takes.
func duringFault(ctx context.Context, opts options, next int, produce func(from, to int)) error {
	done := make(chan error, 1)
	go func() { done <- command(ctx, opts.fault) }()
	pace := time.NewTicker(2 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case err := <-done:
			produce(next, opts.records)
			return err
		case <-pace.C:
			// The last tenth is kept for after the fault.
			if to := next + 10; to < opts.records*9/10 {
				produce(next, to)
				next = to
			}
		}
	}
}

func command(ctx context.Context, line string) error {
	words := strings.Fields(line)
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, out)
	}
	return nil
}

// readOnce reads the topic from its start to as many records as were written, and looks for others behind them.
func readOnce(ctx context.Context, opts options, written map[string]bool) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(opts.brokers...), kgo.ConsumeTopics(opts.topic))
	if err != nil {
		return err
	}
	defer client.Close()
	seen := map[string]int64{}
	for len(seen) < len(written) {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return fmt.Errorf("read %d of %d records without a group: %w", len(seen), len(written), err)
		}
		var wrong []error
		fetches.EachRecord(func(r *kgo.Record) {
			if before, twice := seen[string(r.Key)]; twice {
				wrong = append(wrong, fmt.Errorf("%s is at offset %d and again at %d of partition %d", r.Key, before, r.Offset, r.Partition))
			} else if !written[string(r.Key)] {
				wrong = append(wrong, fmt.Errorf("%q was never written", r.Key))
			}
			seen[string(r.Key)] = r.Offset
		})
		if len(wrong) > 0 {
			return errors.Join(wrong[:min(len(wrong), 5)]...)
		}
	}
	fmt.Printf("%d records, each once\n", len(seen))
	return nil
}
