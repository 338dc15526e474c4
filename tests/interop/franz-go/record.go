package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand"

	"github.com/twmb/franz-go/pkg/kgo"
)

// record makes the record of a key: its value and header follow from the key, so that a reader needs no list.
func record(topic, key string) *kgo.Record {
	hash := fnv.New64a()
	hash.Write([]byte(key))
	random := rand.New(rand.NewSource(int64(hash.Sum64())))
	value := make([]byte, random.Intn(400))
	random.Read(value)
	// Runs of equal bytes, so that a codec has something to do.
	value = append(value, bytes.Repeat([]byte{byte(len(value))}, random.Intn(400))...)
	return &kgo.Record{
		Topic:   topic,
		Key:     []byte(key),
		Value:   value,
		Headers: []kgo.RecordHeader{{Key: "key", Value: []byte(key)}, {Key: "none", Value: nil}},
	}
}

// compare says what is wrong with a record that was read.
func compare(got *kgo.Record) error {
	want := record(got.Topic, string(got.Key))
	place := fmt.Sprintf("%s-%d offset %d key %q", got.Topic, got.Partition, got.Offset, got.Key)
	if !bytes.Equal(got.Value, want.Value) {
		return fmt.Errorf("%s: value of %d bytes is not the one written, of %d bytes", place, len(got.Value), len(want.Value))
	}
	if len(got.Headers) != len(want.Headers) {
		return fmt.Errorf("%s: %d headers, wrote %d", place, len(got.Headers), len(want.Headers))
	}
	for i, header := range got.Headers {
		wanted := want.Headers[i]
		if header.Key != wanted.Key || !bytes.Equal(header.Value, wanted.Value) || (header.Value == nil) != (wanted.Value == nil) {
			return fmt.Errorf("%s: header %d is %v, wrote %v", place, i, header, wanted)
		}
	}
	return nil
}
