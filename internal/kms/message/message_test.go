package message_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/kms/message"
)

// Messages that AWS's own client for Node wrote and read, under keys of this KMS,
// and what they were made of.
type recorded struct {
	Vectors []struct {
		Plain     string
		Context   map[string]string
		MessageID []byte
		DataKey   []byte
		Provider  string
		Info      string
		Wrapped   []byte
		Message   []byte
	}
}

func TestMessagesAreThoseOfAWSsClient(t *testing.T) {
	text, err := os.ReadFile("testdata/client-node.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(text, &r); err != nil || len(r.Vectors) == 0 {
		t.Fatalf("%v, %d vectors", err, len(r.Vectors))
	}
	for _, v := range r.Vectors {
		got, err := message.Seal(bytes.NewReader(v.MessageID), v.DataKey, message.Wrapped{Provider: v.Provider, Info: v.Info, Key: v.Wrapped}, v.Context, []byte(v.Plain))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, v.Message) {
			t.Errorf("%q:\n got %x\nwant %x", v.Plain, got, v.Message)
		}
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	key := make([]byte, message.KeySize)
	for what, seal := range map[string]func() ([]byte, error){
		"a short data key": func() ([]byte, error) {
			return message.Seal(bytes.NewReader(make([]byte, 16)), key[1:], message.Wrapped{}, nil, nil)
		},
		"a long text": func() ([]byte, error) {
			return message.Seal(bytes.NewReader(make([]byte, 16)), key, message.Wrapped{}, nil, make([]byte, message.MaxPlain+1))
		},
		"a long context": func() ([]byte, error) {
			return message.Seal(bytes.NewReader(make([]byte, 16)), key, message.Wrapped{}, map[string]string{"a": long}, nil)
		},
		"a long context of short texts": func() ([]byte, error) {
			return message.Seal(bytes.NewReader(make([]byte, 16)), key, message.Wrapped{}, map[string]string{"a": long[:40000], "b": long[:40000]}, nil)
		},
		"a long wrapped key": func() ([]byte, error) {
			return message.Seal(bytes.NewReader(make([]byte, 16)), key, message.Wrapped{Key: []byte(long)}, nil, nil)
		},
	} {
		if got, err := seal(); !errors.Is(err, message.ErrSize) || got != nil {
			t.Errorf("%s: %d bytes, %v", what, len(got), err)
		}
	}
	if _, err := message.Seal(bytes.NewReader(nil), key, message.Wrapped{}, nil, nil); err == nil {
		t.Error("sealed without randomness")
	}
	if _, err := message.Seal(bytes.NewReader(make([]byte, 16)), key, message.Wrapped{}, nil, make([]byte, message.MaxPlain)); err != nil {
		t.Error(err)
	}
}
