// Package restapi is the control plane of REST APIs (the service apigateway):
// the operations that define an API, deploy it and give it stages.
//
//	CreateRestApi ... PutMethod ... PutIntegration -> rows
//	CreateDeployment -> gateway.Definition (all rows, frozen) -> CreateStage
//	   internal/gateway follows the stages and serves them
//
// A setting that the data plane cannot honour is refused by name, never taken
// in silence. What is wrong with a part of a definition is for package gateway to
// say (gateway.Mistake), which has to act on it; operations.go turns that into a
// BadRequestException.
//
// One file a noun: api, resource, method, integration, response, authorizer,
// deployment, stage, tag. operations is the table of all; patch is how UpdateX
// changes things; conditions what policies may be about.
package restapi
