package gateway

import "github.com/sallyport/sallyport/internal/store"

// The tables that the data plane reads. The control planes write them.

// Deployments holds each API as it was when it was deployed.
var Deployments = store.NewTable(store.Schema[Deployment]{
	Table: "gateway_deployments",
	Key: []store.Column[Deployment]{
		{Name: "api_id", Value: func(d *Deployment) any { return d.APIID }},
		{Name: "id", Value: func(d *Deployment) any { return d.ID }},
	},
})

// Stages is the one table that the data plane follows: a deployment never
// changes once a stage can point to it.
var Stages = store.NewTable(store.Schema[Stage]{
	Table: stagesTable,
	Key: []store.Column[Stage]{
		{Name: "api_id", Value: func(s *Stage) any { return s.APIID }},
		{Name: "name", Value: func(s *Stage) any { return s.Name }},
	},
	Columns: []store.Column[Stage]{{Name: "deployment_id", Value: func(s *Stage) any { return s.DeploymentID }}},
	Feed:    true,
})

const stagesTable = "gateway_stages"
