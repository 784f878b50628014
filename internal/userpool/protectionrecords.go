package userpool

import "github.com/sallyport/sallyport/internal/store"

// The tables of migration 0022.

var authEventTable = store.NewTable(store.Schema[AuthEvent]{
	Table: "user_pool_auth_events",
	Key: []store.Column[AuthEvent]{
		{Name: "pool_id", Value: func(e *AuthEvent) any { return e.PoolID }},
		{Name: "sub", Value: func(e *AuthEvent) any { return e.Sub }},
		{Name: "id", Value: func(e *AuthEvent) any { return e.ID }},
	},
	Columns: []store.Column[AuthEvent]{
		{Name: "failed", Value: func(e *AuthEvent) any { return e.failed() }},
		{Name: "expires", Value: func(e *AuthEvent) any { return e.At.Add(keepEvents).UnixMilli() }},
	},
})

// identityRow makes an identity elsewhere one user's.
type identityRow struct {
	PoolID, Provider, Subject, Sub string
}

var identityTable = store.NewTable(store.Schema[identityRow]{
	Table: "user_pool_identities",
	Key: []store.Column[identityRow]{
		{Name: "pool_id", Value: func(i *identityRow) any { return i.PoolID }},
		{Name: "provider", Value: func(i *identityRow) any { return i.Provider }},
		{Name: "subject", Value: func(i *identityRow) any { return i.Subject }},
	},
	Columns: []store.Column[identityRow]{{Name: "sub", Value: func(i *identityRow) any { return i.Sub }}},
})

const (
	identitiesOf = "pool_id = $1 and provider = $2 order by subject limit $3"
	eventsBefore = "pool_id = $1 and sub = $2 and id < $3 order by id desc limit $4"
	// afterEveryEvent is greater than the hex of every id, in each database's order of text.
	afterEveryEvent = "g"
	eventsTooMany   = `pool_id = $1 and sub = $2 and failed = $3 and id <= (
		select e.id from user_pool_auth_events e where e.pool_id = $1 and e.sub = $2 and e.failed = $3 order by e.id desc limit 1 offset $4)`
)
