package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
)

// inFlight bounds what load has written and not seen acknowledged.
const inFlight = 2_000

// load writes until SIGTERM and prints "partition offset key" for each acknowledged record.
func load(ctx context.Context, opts options) error {
	if err := createTopic(ctx, opts); err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(opts.brokers...), kgo.MaxBufferedRecords(inFlight))
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	out := bufio.NewWriter(os.Stdout)
	var lock sync.Mutex
	for i := 0; ctx.Err() == nil; i++ {
		client.Produce(ctx, record(opts.topic, fmt.Sprintf("load-%08d", i)), func(r *kgo.Record, err error) {
			if err == nil {
				lock.Lock()
				defer lock.Unlock()
				fmt.Fprintf(out, "%d %d %s\n", r.Partition, r.Offset, r.Key)
				_ = out.Flush()
			}
		})
	}
	client.Close()
	lock.Lock()
	defer lock.Unlock()
	return out.Flush()
}

type place struct {
	partition int32
	offset    int64
}

// verify reads the topic until every acknowledged record was found where it was acknowledged.
func verify(ctx context.Context, opts options) error {
	missing, err := readAcked(opts.acked)
	if err != nil {
		return err
	}
	total := len(missing)
	if total == 0 {
		return fmt.Errorf("%s holds no acknowledged record", opts.acked)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(opts.brokers...), kgo.ConsumeTopics(opts.topic))
	if err != nil {
		return err
	}
	defer client.Close()
	seen := map[string]place{}
	for len(missing) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return fmt.Errorf("%d of %d acknowledged records are missing, one is %s: %w", len(missing), total, anyOf(missing), err)
		}
		var wrong error
		fetches.EachRecord(func(r *kgo.Record) {
			at := place{r.Partition, r.Offset}
			if key, ok := missing[at]; ok && key != string(r.Key) {
				wrong = errors.Join(wrong, fmt.Errorf("%v holds %s, acknowledged was %s", at, r.Key, key))
			}
			if before, ok := seen[string(r.Key)]; ok {
				wrong = errors.Join(wrong, fmt.Errorf("%s is at %v and at %v", r.Key, before, at))
			}
			seen[string(r.Key)] = at
			wrong = errors.Join(wrong, compare(r))
			delete(missing, at)
		})
		if wrong != nil {
			return wrong
		}
	}
	fmt.Printf("all %d acknowledged records are there\n", total)
	return nil
}

func readAcked(name string) (map[place]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	acked := map[place]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var at place
		var key string
		if _, err := fmt.Sscanf(lines.Text(), "%d %d %s", &at.partition, &at.offset, &key); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", name, lines.Text(), err)
		}
		acked[at] = key
	}
	return acked, lines.Err()
}

func anyOf(places map[place]string) string {
	for at, key := range places {
		return fmt.Sprintf("%s at offset %d of partition %d", key, at.offset, at.partition)
	}
	return "none"
}
