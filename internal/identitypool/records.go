package identitypool

import "github.com/sallyport/sallyport/internal/store"

// The tables of this service. What a where clause names is a real column of
// migration 0008.

var poolTable = store.NewTable(store.Schema[Pool]{
	Table:   "identity_pools",
	Key:     []store.Column[Pool]{{Name: "id", Value: func(p *Pool) any { return p.ID }}},
	Columns: []store.Column[Pool]{{Name: "region", Value: func(p *Pool) any { return p.Region }}},
	Feed:    true,
})

var identityTable = store.NewTable(store.Schema[Identity]{
	Table: "identities",
	Key:   []store.Column[Identity]{{Name: "id", Value: func(i *Identity) any { return i.ID }}},
	Columns: []store.Column[Identity]{
		{Name: "pool_id", Value: func(i *Identity) any { return i.PoolID }},
		{Name: "disabled", Value: func(i *Identity) any { return i.Disabled }},
	},
})

var loginTable = store.NewTable(store.Schema[loginRow]{
	Table: "identity_logins",
	Key: []store.Column[loginRow]{
		{Name: "pool_id", Value: func(l *loginRow) any { return l.PoolID }},
		{Name: "provider", Value: func(l *loginRow) any { return l.Provider }},
		{Name: "subject", Value: func(l *loginRow) any { return l.Subject }},
	},
	Columns: []store.Column[loginRow]{{Name: "identity_id", Value: func(l *loginRow) any { return l.IdentityID }}},
})

var keyTable = store.NewTable(store.Schema[SigningKey]{
	Table: "identity_keys",
	Key:   []store.Column[SigningKey]{{Name: "kid", Value: func(k *SigningKey) any { return k.ID }}},
	Feed:  true,
})

const (
	ofPool            = "pool_id = $1"
	ofRegion          = "region = $1"
	poolsAfter        = "region = $1 and id > $2 order by id limit $3"
	identitiesAfter   = "pool_id = $1 and id > $2 order by id limit $3"
	enabledAfter      = "pool_id = $1 and disabled = $2 and id > $3 order by id limit $4"
	loginsOf          = "identity_id = $1 order by provider, subject"
	loginsBetween     = "pool_id = $1 and identity_id in (select i.id from identities i where i.pool_id = $1 and i.id > $2 and i.id <= $3) order by identity_id, provider"
	loginsOfProvider  = "identity_id = $1 and provider = $2 and subject > $3 order by subject limit $4"
	loginsOfOneMaster = "identity_id = $1 and provider = $2"
)
