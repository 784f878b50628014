package userpool

import "github.com/sallyport/sallyport/internal/store"

// pendingToken is the seed of an authenticator app that was handed out and not
// proved yet. It is in force nowhere, and belongs to the sign-in or the session
// that asked for it.
type pendingToken struct {
	ID      string // keyed hash
	PoolID  string
	Sub     string
	Seed    []byte // sealed for the user and this row
	Expires int64  // Unix milliseconds
}

// Migration 0018.
var pendingTokenTable = store.NewTable(store.Schema[pendingToken]{
	Table: "user_pool_pending_tokens",
	Key:   []store.Column[pendingToken]{{Name: "id", Value: func(t *pendingToken) any { return t.ID }}},
	Columns: []store.Column[pendingToken]{
		{Name: "pool_id", Value: func(t *pendingToken) any { return t.PoolID }},
		{Name: "sub", Value: func(t *pendingToken) any { return t.Sub }},
		{Name: "expires", Value: func(t *pendingToken) any { return t.Expires }},
	},
})
