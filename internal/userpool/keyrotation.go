package userpool

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/store"
)

// The life of a signing key is told by its row and those of its successors, on
// every node and after every restart alike:
//
//	RotateKeys -> published, verifies        Created
//	           -> signs                      SignsFrom, when every cached JWKS has it
//	           -> verifies what it signed    the successor's SignsFrom
//	           -> gone                       when the last token of it has expired, and a little
const (
	// publishedBefore is how long a new key is published before it signs: longer
	// than anybody may keep the key set, by what nodes and their clocks lag.
	publishedBefore = publicFor*time.Second + time.Minute
	// keptAfter is how long a key verifies when it signs no more: as long as its
	// last token may live, and again what clocks lag.
	keptAfter = maxAccessValidity + 10*time.Minute
	// maxKeys bounds a pool's published keys of one use.
	maxKeys = 8
)

var (
	// ErrNoPool: there is no such user pool.
	ErrNoPool = errors.New("there is no such user pool")
	// ErrTooManyKeys: the pool's keys were rotated so often that day that no more fit.
	ErrTooManyKeys = errors.New("the pool has 8 keys of each kind already: wait until the oldest has left, a day after it was replaced")
)

// KeyState is a signing key as its operator sees it.
type KeyState struct {
	ID        string    `json:"id"` // kid
	Use       TokenUse  `json:"use"`
	State     string    `json:"state"` // waiting, signing or verifying
	Created   time.Time `json:"created"`
	SignsFrom time.Time `json:"signsFrom"`
	Leaves    time.Time `json:"leaves,omitzero"` // zero: not yet replaced
}

// begins is when the key signs its first token.
func (k *SigningKey) begins() time.Time {
	if k.SignsFrom.IsZero() {
		return k.Created
	}
	return k.SignsFrom
}

// succeeds says whether k signs in the place of other once both could sign.
func (k *SigningKey) succeeds(other *SigningKey) bool {
	if k.PoolID != other.PoolID || k.Use != other.Use || k.ID == other.ID {
		return false
	}
	if order := k.begins().Compare(other.begins()); order != 0 {
		return order > 0
	}
	return k.ID > other.ID
}

// leaves is when the key verifies no token any more; zero if none replaces it.
func (k *SigningKey) leaves(all []*SigningKey) time.Time {
	var first time.Time
	for _, other := range all {
		if t := other.begins(); other.succeeds(k) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		return first
	}
	return first.Add(keptAfter)
}

// signs finds the key of that use that signs at an instant; nil if none does.
func signs(all []*SigningKey, use TokenUse, now time.Time) *SigningKey {
	var found *SigningKey
	for _, k := range all {
		if k.Use == use && !k.begins().After(now) && (found == nil || k.succeeds(found)) {
			found = k
		}
	}
	return found
}

// Where a key stands.
const (
	stateWaiting   = "waiting"   // published, does not sign yet
	stateSigning   = "signing"   // signs new tokens
	stateVerifying = "verifying" // proves the tokens it signed, until it leaves
)

func waits(k *SigningKey, now time.Time) bool { return k.begins().After(now) }

// RotateKeys gives a pool new signing keys. They are published at once and sign
// when every reader of the key set has them; the old ones leave when their last
// token has expired. While new keys wait, another rotation changes nothing.
func (s *Service) RotateKeys(ctx context.Context, poolID string) ([]KeyState, error) {
	return s.newKeys(ctx, poolID, false)
}

// ReplaceKeys is the emergency form: the old keys are gone when it returns, on
// other nodes within a second, and every ID and access token of them is dead.
// Sign-ins go on: a refresh brings tokens of the new keys. Verifiers that keep
// the key set and do not look again at an unknown key refuse those for up to
// five minutes.
func (s *Service) ReplaceKeys(ctx context.Context, poolID string) ([]KeyState, error) {
	return s.newKeys(ctx, poolID, true)
}

func (s *Service) newKeys(ctx context.Context, poolID string, dropOld bool) ([]KeyState, error) {
	now := s.clock.Now().UTC()
	if known, err := s.SigningKeys(ctx, poolID); err != nil || !dropOld && slices.ContainsFunc(known, func(k KeyState) bool { return k.State == stateWaiting }) {
		return known, err
	}
	made, err := s.makeKeys(ctx, poolID, now) // slow; not in the transaction
	if err != nil {
		return nil, err
	}
	var rows []*SigningKey
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := poolTable.Get(ctx, tx, poolID); err != nil {
			return err
		}
		if rows, err = keyTable.List(ctx, tx, ofPool, poolID); err != nil {
			return err
		}
		if dropOld {
			if _, err := keyTable.DeleteWhere(ctx, tx, ofPool, poolID); err != nil {
				return err
			}
			rows = nil
		} else if slices.ContainsFunc(rows, func(k *SigningKey) bool { return waits(k, now) }) {
			return nil
		}
		for _, k := range made {
			if !dropOld {
				k.SignsFrom = now.Add(publishedBefore)
			}
			same := func(other *SigningKey) bool { return other.Use == k.Use }
			if n := len(slices.DeleteFunc(slices.Clone(rows), func(o *SigningKey) bool { return !same(o) })); n >= maxKeys {
				return ErrTooManyKeys
			}
			if err := keyTable.Insert(ctx, tx, k); err != nil {
				return err
			}
		}
		rows = append(rows, made...)
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		err = ErrNoPool
	}
	if err != nil {
		return nil, err
	}
	return keyStates(rows, now), nil
}

// SigningKeys tells where a pool's signing keys stand, the oldest first.
func (s *Service) SigningKeys(ctx context.Context, poolID string) ([]KeyState, error) {
	if s.current.Load().pools[poolID] == nil {
		return nil, ErrNoPool
	}
	rows, err := keyTable.List(ctx, s.db, ofPool, poolID)
	return keyStates(rows, s.clock.Now()), err
}

func keyStates(rows []*SigningKey, now time.Time) []KeyState {
	slices.SortFunc(rows, byBeginning)
	list := []KeyState{}
	for _, k := range rows {
		state := KeyState{ID: k.ID, Use: k.Use, State: stateVerifying, Created: k.Created, SignsFrom: k.begins(), Leaves: k.leaves(rows)}
		switch {
		case waits(k, now):
			state.State = stateWaiting
		case signs(rows, k.Use, now) == k:
			state.State = stateSigning
		}
		list = append(list, state)
	}
	return list
}

func byBeginning(a, b *SigningKey) int {
	if a.succeeds(b) {
		return 1
	}
	if b.succeeds(a) {
		return -1
	}
	return a.begins().Compare(b.begins())
}

// retireKeys removes the keys whose last token has expired. The rows decide, so
// any node may do it, at any time after.
func (s *Service) retireKeys(ctx context.Context, now time.Time) error {
	var failed []error
	for _, p := range s.current.Load().pools {
		rows := p.keyRows()
		for _, k := range rows {
			if leaves := k.leaves(rows); leaves.IsZero() || now.Before(leaves) {
				continue
			}
			err := keyTable.Delete(ctx, s.db, k.ID)
			if err != nil && !errors.Is(err, store.ErrNotFound) { // another node was quicker
				failed = append(failed, err)
			}
		}
	}
	return errors.Join(failed...)
}

func (p *poolState) keyRows() []*SigningKey {
	rows := make([]*SigningKey, len(p.keys))
	for i, k := range p.keys {
		rows[i] = &k.SigningKey
	}
	return rows
}
