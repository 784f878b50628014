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
// Beside its own action a call may want another permission: iam:PassRole for a role
// that an API is to use (role), apigateway:UpdateRestApiPolicy for the API's own
// policy (policy). What a call makes and changes is told to those who decide, as
// condition keys (conditions, conditionkeys).
//
// One file a noun: api, resource, method, integration, response, authorizer,
// gatewayresponse, deployment, stage and stagesettings, account, tag. operations is
// the table of all; absentoperations that of what AWS has and Sallyport has not,
// which absent answers; patch is how UpdateX changes things.
package restapi
