package userpool

import "github.com/sallyport/sallyport/internal/store"

// The tables of migration 0021.

var resourceServerTable = store.NewTable(store.Schema[ResourceServer]{
	Table: "user_pool_resource_servers",
	Key: []store.Column[ResourceServer]{
		{Name: "pool_id", Value: func(r *ResourceServer) any { return r.PoolID }},
		{Name: "identifier", Value: func(r *ResourceServer) any { return r.Identifier }},
	},
	Feed: true,
})

const (
	serversOf            = "pool_id = $1 order by identifier"
	resourceServersAfter = "pool_id = $1 and identifier > $2 order by identifier limit $3"
)
