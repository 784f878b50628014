// Package httpapi is the control plane of HTTP APIs (the service apigatewayv2):
// the operations that define an API, deploy it and give it stages.
//
//	CreateApi ... CreateRoute ... CreateIntegration -> rows
//	   -> deployChange: stages that deploy by themselves serve the change when
//	      the call returns
//	   or CreateDeployment -> gateway.Definition (all rows, frozen) -> CreateStage
//	internal/gateway follows the stages and serves them
//
// A setting that the data plane cannot honour is refused by name, never taken
// in silence. What is wrong with a part of a definition is for package gateway to
// say (gateway.Mistake), which has to act on it; operations.go turns that into a
// BadRequestException.
//
// One file a noun: api, quickcreate, route, integration, authorizer, deployment,
// autodeploy, stage, settings, role, tag. operations is the table of all, with
// absentoperations for what AWS has and Sallyport has not; conditions and
// conditionkeys are what policies may be about.
package httpapi
