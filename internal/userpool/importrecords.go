package userpool

import "github.com/sallyport/sallyport/internal/store"

// The tables of imports, of migration 0021.

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
	importsAfter    = "pool_id = $1 and id > $2 order by id limit $3"
	importsOfStatus = "status = $1 order by pool_id, id"
	activeImports   = "pool_id = $1 and status in ('Pending', 'InProgress', 'Stopping')"
	ofUpload        = "upload = $1"
)
