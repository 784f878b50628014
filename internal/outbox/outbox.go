// Package outbox keeps messages to people: until they have been sent, where a way
// out is set up for their channel, and otherwise for whoever tries things out.
//
//	service -> Put -> sealed row -> List (newest first) -> GET /_sallyport/outbox
//	                      |
//	                      +-> Claim -> courier: mail, webhook -> Close (the text is forgotten)
//	                             ^                       |
//	                             +------ Again <---------+
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
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// Keep is how long a message stays, and Most how many List returns at once.
const (
	Keep = 7 * 24 * time.Hour
	Most = 500
)

// The channels.
const (
	Email = "email"
	SMS   = "sms"
)

// Message is one mail or text.
type Message struct {
	At         time.Time `json:"at"`
	Channel    string    `json:"channel"` // Email or SMS
	To         string    `json:"to"`
	UserPoolID string    `json:"userPoolId"`
	Username   string    `json:"username"`
	Purpose    string    `json:"purpose"` // "invitation", "sign-up", "forgot-password", ...
	Code       string    `json:"code"`    // what the person needs from it: a code or a temporary password
	Subject    string    `json:"subject"`
	Body       string    `json:"body"`

	From     string    `json:"from,omitempty"`     // of a mail: the sender that the pool names, "" for the server's own
	ReplyTo  string    `json:"replyTo,omitempty"`  // of a mail
	ClientID string    `json:"clientId,omitempty"` // of the app client it was asked for at, if any
	Until    time.Time `json:"until,omitzero"`     // when what it tells is over; it is not sent any more then
	State    string    `json:"state,omitempty"`    // what became of it, where there is a way out: see State
}

type row struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	At      int64  `json:"at"`
	Channel string `json:"channel,omitempty"`
	Sealed  []byte `json:"sealed"`

	Due   int64  `json:"due,omitempty"`   // when it is to be sent next; 0: it stays
	Tries int    `json:"tries,omitempty"` // how often that was begun
	Claim string `json:"claim,omitempty"` // of who is at it
	State State  `json:"state,omitempty"`
}

var rows = store.NewTable(store.Schema[row]{
	Table: "outbox",
	Key:   []store.Column[row]{{Name: "id", Value: func(r *row) any { return r.ID }}},
	Columns: []store.Column[row]{
		{Name: "sent_to", Value: func(r *row) any { return r.To }},
		{Name: "at", Value: func(r *row) any { return r.At }},
		{Name: "channel", Value: func(r *row) any { return r.Channel }},
		{Name: "due", Value: func(r *row) any { return r.Due }},
	},
})

// Outbox is safe for concurrent use.
type Outbox struct {
	db      *store.DB
	keyring *keyring.Keyring
	ways    []string
}

// New makes an outbox whose messages of the channels in ways are to be sent. All
// others stay, also when a way is set up for them later: what somebody tried out
// before must not reach anybody.
func New(db *store.DB, ring *keyring.Keyring, ways ...string) *Outbox {
	return &Outbox{db, ring, ways}
}

// Put keeps a message and drops those that are older than Keep.
func (o *Outbox) Put(ctx context.Context, s store.Session, m Message) error {
	r := row{ID: newID(m.At), To: o.address(m.To), At: m.At.UnixMilli(), Channel: m.Channel}
	if slices.Contains(o.ways, m.Channel) {
		r.Due, r.State = r.At, Waiting
	}
	if err := o.seal(&r, m); err != nil {
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
		m, err := o.open(r)
		if err != nil {
			return nil, err
		}
		m.State = string(r.State)
		list = append(list, m)
	}
	return list, nil
}

func (o *Outbox) seal(r *row, m Message) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	r.Sealed, err = o.keyring.Seal(keyring.Outbox, r.ID, plain)
	return err
}

func (o *Outbox) open(r *row) (m Message, err error) {
	plain, err := o.keyring.Open(keyring.Outbox, r.ID, r.Sealed)
	if err == nil {
		err = json.Unmarshal(plain, &m)
	}
	if err != nil {
		return Message{}, fmt.Errorf("outbox: message %s: %w", r.ID, err)
	}
	return m, nil
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
