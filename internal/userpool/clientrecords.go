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

var importTable = store.NewTable(store.Schema[ImportJob]{
	Table: "user_pool_imports",
	Key: []store.Column[ImportJob]{
		{Name: "pool_id", Value: func(j *ImportJob) any { return j.PoolID }},
		{Name: "id", Value: func(j *ImportJob) any { return j.ID }},
	},
	Columns: []store.Column[ImportJob]{{Name: "status", Value: func(j *ImportJob) any { return string(j.Status) }}},
})

var partTable = store.NewTable(store.Schema[importPart]{
	Table: "user_pool_import_parts",
	Key: []store.Column[importPart]{
		{Name: "upload", Value: func(p *importPart) any { return p.Upload }},
		{Name: "number", Value: func(p *importPart) any { return p.Number }},
	},
	Columns: []store.Column[importPart]{
		{Name: "pool_id", Value: func(p *importPart) any { return p.PoolID }},
		{Name: "expires", Value: func(p *importPart) any { return p.Expires }},
	},
})

const (
	importsAfter         = "pool_id = $1 and id > $2 order by id limit $3"
	importsOfStatus      = "status = $1 order by pool_id, id"
	activeImports        = "pool_id = $1 and status in ('Pending', 'InProgress', 'Stopping')"
	ofUpload             = "upload = $1"
	serversOf            = "pool_id = $1 order by identifier"
	resourceServersAfter = "pool_id = $1 and identifier > $2 order by identifier limit $3"
)
