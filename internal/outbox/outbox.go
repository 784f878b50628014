// Package outbox keeps what would have been mailed or texted when no delivery
// is set up, so that a person can try every flow with nothing to configure.
//
//	service -> Put -> sealed row -> List (newest first) -> GET /_sallyport/outbox
//
// A message holds codes and temporary passwords: it lies sealed, its address
// is looked up by a keyed hash, and it is dropped after Keep.
package outbox

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// Keep is how long a message stays, and Most how many List returns at once.
const (
	Keep = 7 * 24 * time.Hour
	Most = 500
)

// Message is one mail or text.
type Message struct {
	At         time.Time `json:"at"`
	Channel    string    `json:"channel"` // "email" or "sms"
	To         string    `json:"to"`
	UserPoolID string    `json:"userPoolId"`
	Username   string    `json:"username"`
	Purpose    string    `json:"purpose"` // "invitation", "sign-up", "forgot-password", ...
	Code       string    `json:"code"`    // what the person needs from it: a code or a temporary password
	Subject    string    `json:"subject"`
	Body       string    `json:"body"`
}

type row struct {
	ID     string `json:"id"`
	To     string `json:"to"`
	At     int64  `json:"at"`
	Sealed []byte `json:"sealed"`
}

var rows = store.NewTable(store.Schema[row]{
	Table: "outbox",
	Key:   []store.Column[row]{{Name: "id", Value: func(r *row) any { return r.ID }}},
	Columns: []store.Column[row]{
		{Name: "sent_to", Value: func(r *row) any { return r.To }},
		{Name: "at", Value: func(r *row) any { return r.At }},
	},
})

// Outbox is safe for concurrent use.
type Outbox struct {
	db      *store.DB
	keyring *keyring.Keyring
}

func New(db *store.DB, ring *keyring.Keyring) *Outbox { return &Outbox{db, ring} }

// Put keeps a message and drops those that are older than Keep.
func (o *Outbox) Put(ctx context.Context, s store.Session, m Message) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	r := row{ID: newID(m.At), To: o.address(m.To), At: m.At.UnixMilli()}
	if r.Sealed, err = o.keyring.Seal(keyring.Outbox, r.ID, plain); err != nil {
		return err
	}
	if _, err := rows.DeleteWhere(ctx, s, "at < $1", m.At.Add(-Keep).UnixMilli()); err != nil {
		return err
	}
	return rows.Insert(ctx, s, &r)
}

// List returns the messages to an address ("" for all), newest first, at most Most.
func (o *Outbox) List(ctx context.Context, to string) ([]Message, error) {
	where, args := "1 = 1 order by id desc limit $1", []any{Most}
	if to != "" {
		where, args = "sent_to = $1 order by id desc limit $2", []any{o.address(to), Most}
	}
	found, err := rows.List(ctx, o.db, where, args...)
	if err != nil {
		return nil, err
	}
	list := make([]Message, 0, len(found))
	for _, r := range found {
		plain, err := o.keyring.Open(keyring.Outbox, r.ID, r.Sealed)
		if err != nil {
			return nil, fmt.Errorf("outbox: message %s: %w", r.ID, err)
		}
		var m Message
		if err := json.Unmarshal(plain, &m); err != nil {
			return nil, fmt.Errorf("outbox: message %s: %w", r.ID, err)
		}
		list = append(list, m)
	}
	return list, nil
}

// newID begins with the time, so that ids sort as the messages came.
func newID(at time.Time) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:], uint64(at.UnixNano()))
	rand.Read(id[8:])
	return hex.EncodeToString(id[:])
}

func (o *Outbox) address(to string) string {
	return hex.EncodeToString(o.keyring.MAC(keyring.Outbox, to))
}
