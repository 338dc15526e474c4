package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// group is a consumer group of two members that remember what they read.
type group struct {
	opts    options
	members [2]*member
	changed chan struct{} // one token: something happened
	lock    sync.Mutex
	seen    map[string]bool
	again   int // records that came more than once, which a group may do after a failure
	wrong   error
}

type member struct {
	client   *kgo.Client
	stop     context.CancelFunc
	assigned int
	read     int
}

func newGroup(opts options) *group {
	return &group{opts: opts, changed: make(chan struct{}, 1), seen: map[string]bool{}}
}

// join starts both members and returns when each has half of the partitions.
func (g *group) join(ctx context.Context) error {
	for i := range g.members {
		m := &member{}
		moved := func(sign int) func(context.Context, *kgo.Client, map[string][]int32) {
			return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
				g.lock.Lock()
				m.assigned += sign * len(partitions[g.opts.topic])
				g.lock.Unlock()
				g.tell()
			}
		}
		client, err := kgo.NewClient(
			kgo.SeedBrokers(g.opts.brokers...),
			kgo.ConsumerGroup(g.opts.topic+"-readers"),
			kgo.ConsumeTopics(g.opts.topic),
			kgo.OnPartitionsAssigned(moved(1)),
			kgo.OnPartitionsRevoked(moved(-1)),
			kgo.OnPartitionsLost(moved(-1)),
		)
		if err != nil {
			return err
		}
		m.client = client
		var running context.Context
		running, m.stop = context.WithCancel(ctx)
		g.members[i] = m
		go g.poll(running, m)
	}
	return g.until(ctx, func() (bool, string) {
		a, b := g.members[0].assigned, g.members[1].assigned
		return a == partitions/2 && b == partitions/2, fmt.Sprintf("the members have %d and %d partitions", a, b)
	})
}

// wait returns when the members together have read so many different records, and each some.
func (g *group) wait(ctx context.Context, records int) error {
	err := g.until(ctx, func() (bool, string) {
		a, b := g.members[0].read, g.members[1].read
		return len(g.seen) >= records && a > 0 && b > 0,
			fmt.Sprintf("%d of %d records were read: %d and %d, %d of them again", len(g.seen), records, a, b, g.again)
	})
	if err == nil && g.opts.fault == "" && g.again > 0 {
		return fmt.Errorf("the group read %d records more than once", g.again)
	}
	return err
}

func (g *group) close() {
	for _, m := range g.members {
		if m != nil {
			m.stop()
			m.client.Close()
		}
	}
}

func (g *group) poll(ctx context.Context, m *member) {
	for ctx.Err() == nil {
		fetches := m.client.PollFetches(ctx)
		g.lock.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			m.read++
			if g.seen[string(r.Key)] {
				g.again++
			}
			g.seen[string(r.Key)] = true
			g.wrong = errors.Join(g.wrong, compare(r))
		})
		g.lock.Unlock()
		g.tell()
	}
}

func (g *group) tell() {
	select {
	case g.changed <- struct{}{}:
	default:
	}
}

func (g *group) until(ctx context.Context, met func() (bool, string)) error {
	for {
		g.lock.Lock()
		ok, state := met()
		wrong := g.wrong
		g.lock.Unlock()
		switch {
		case wrong != nil:
			return wrong
		case ok:
			return nil
		}
		select {
		case <-g.changed:
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", ctx.Err(), state)
		}
	}
}
