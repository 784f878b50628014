package function

import (
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

const (
	functionsPath = "/2015-03-31/functions"
	functionPath  = functionsPath + "/{FunctionName}"
	tagsPath      = "/2017-03-31/tags/{Resource}"
)

// API is the registration of lambda: what there is, who may call it, how it travels.
func (s *Service) API() *awsapi.Service {
	return &awsapi.Service{
		Name:     "lambda",
		Protocol: awsapi.REST(awsapi.RESTNames{}),
		Status:   status,
		Operations: []awsapi.Operation{
			awsapi.Op("CreateFunction", awsapi.Action("lambda:CreateFunction", s.created), s.CreateFunction,
				awsapi.Route("POST", functionsPath), awsapi.Require("Role", "Code", "FunctionName"), awsapi.Status(201)),
			about(s, "GetFunction", func(in *lambda.GetFunctionInput) *string { return in.FunctionName }, s.GetFunction,
				awsapi.Route("GET", functionPath), awsapi.InQuery("Qualifier")),
			about(s, "GetFunctionConfiguration", func(in *lambda.GetFunctionConfigurationInput) *string { return in.FunctionName }, s.GetFunctionConfiguration,
				awsapi.Route("GET", functionPath+"/configuration"), awsapi.InQuery("Qualifier")),
			about(s, "UpdateFunctionCode", func(in *lambda.UpdateFunctionCodeInput) *string { return in.FunctionName }, s.UpdateFunctionCode,
				awsapi.Route("PUT", functionPath+"/code")),
			awsapi.Op("UpdateFunctionConfiguration", on(s, "UpdateFunctionConfiguration", func(in *lambda.UpdateFunctionConfigurationInput) *string { return in.FunctionName },
				func(in *lambda.UpdateFunctionConfigurationInput, k access.Keys) { k.List("lambda:layer", in.Layers) }), s.UpdateFunctionConfiguration,
				awsapi.Route("PUT", functionPath+"/configuration"), awsapi.Require("FunctionName")),
			awsapi.Op("ListFunctions", awsapi.Action("lambda:ListFunctions", awsapi.AnyResource), s.ListFunctions,
				awsapi.Route("GET", functionsPath), awsapi.InQuery("FunctionVersion", "Marker", "MasterRegion", "MaxItems")),
			about(s, "DeleteFunction", func(in *lambda.DeleteFunctionInput) *string { return in.FunctionName }, s.DeleteFunction,
				awsapi.Route("DELETE", functionPath), awsapi.InQuery("Qualifier"), awsapi.OutStatus("StatusCode")),

			about(s, "PublishVersion", func(in *lambda.PublishVersionInput) *string { return in.FunctionName }, s.PublishVersion,
				awsapi.Route("POST", functionPath+"/versions"), awsapi.Status(201)),
			about(s, "ListVersionsByFunction", func(in *lambda.ListVersionsByFunctionInput) *string { return in.FunctionName }, s.ListVersionsByFunction,
				awsapi.Route("GET", functionPath+"/versions"), awsapi.InQuery("Marker", "MaxItems")),

			about(s, "CreateAlias", func(in *lambda.CreateAliasInput) *string { return in.FunctionName }, s.CreateAlias,
				awsapi.Route("POST", functionPath+"/aliases"), awsapi.Require("Name", "FunctionVersion"), awsapi.Status(201)),
			about(s, "GetAlias", func(in *lambda.GetAliasInput) *string { return in.FunctionName }, s.GetAlias,
				awsapi.Route("GET", functionPath+"/aliases/{Name}"), awsapi.Require("Name")),
			about(s, "UpdateAlias", func(in *lambda.UpdateAliasInput) *string { return in.FunctionName }, s.UpdateAlias,
				awsapi.Route("PUT", functionPath+"/aliases/{Name}"), awsapi.Require("Name")),
			about(s, "ListAliases", func(in *lambda.ListAliasesInput) *string { return in.FunctionName }, s.ListAliases,
				awsapi.Route("GET", functionPath+"/aliases"), awsapi.InQuery("FunctionVersion", "Marker", "MaxItems")),
			about(s, "DeleteAlias", func(in *lambda.DeleteAliasInput) *string { return in.FunctionName }, s.DeleteAlias,
				awsapi.Route("DELETE", functionPath+"/aliases/{Name}"), awsapi.Require("Name"), awsapi.Status(204)),

			awsapi.Op("AddPermission", awsapi.Action("lambda:AddPermission", s.permissionAdded), s.AddPermission,
				awsapi.Route("POST", functionPath+"/policy"), awsapi.InQuery("Qualifier"), awsapi.Require("StatementId", "Action", "Principal", "FunctionName"), awsapi.Status(201)),
			about(s, "GetPolicy", func(in *lambda.GetPolicyInput) *string { return in.FunctionName }, s.GetPolicy,
				awsapi.Route("GET", functionPath+"/policy"), awsapi.InQuery("Qualifier")),
			awsapi.Op("RemovePermission", awsapi.Action("lambda:RemovePermission", s.permissionRemoved), s.RemovePermission,
				awsapi.Route("DELETE", functionPath+"/policy/{StatementId}"), awsapi.Require("StatementId", "FunctionName"), awsapi.InQuery("Qualifier", "RevisionId"), awsapi.Status(204)),

			awsapi.Op("Invoke", awsapi.Action(invokeAction, s.invoked), s.Invoke, awsapi.Require("FunctionName"),
				awsapi.Route("POST", functionPath+"/invocations"), awsapi.InQuery("Qualifier"), awsapi.InPayload("Payload"),
				awsapi.InHeader("ClientContext=X-Amz-Client-Context", "DurableExecutionName=X-Amz-Durable-Execution-Name",
					"InvocationType=X-Amz-Invocation-Type", "LogType=X-Amz-Log-Type", "TenantId=X-Amz-Tenant-Id"),
				awsapi.OutHeader("DurableExecutionArn=X-Amz-Durable-Execution-Arn", "ExecutedVersion=X-Amz-Executed-Version",
					"FunctionError=X-Amz-Function-Error", "LogResult=X-Amz-Log-Result"),
				awsapi.OutPayload("Payload"), awsapi.OutStatus("StatusCode")),

			about(s, "PutFunctionConcurrency", func(in *lambda.PutFunctionConcurrencyInput) *string { return in.FunctionName }, s.PutFunctionConcurrency,
				awsapi.Route("PUT", "/2017-10-31/functions/{FunctionName}/concurrency"), awsapi.Require("ReservedConcurrentExecutions")),
			about(s, "GetFunctionConcurrency", func(in *lambda.GetFunctionConcurrencyInput) *string { return in.FunctionName }, s.GetFunctionConcurrency,
				awsapi.Route("GET", "/2019-09-30/functions/{FunctionName}/concurrency")),
			about(s, "DeleteFunctionConcurrency", func(in *lambda.DeleteFunctionConcurrencyInput) *string { return in.FunctionName }, s.DeleteFunctionConcurrency,
				awsapi.Route("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency"), awsapi.Status(204)),

			awsapi.Op("TagResource", on(s, "TagResource", func(in *lambda.TagResourceInput) *string { return in.Resource },
				func(in *lambda.TagResourceInput, k access.Keys) { k.Gives(in.Tags) }), s.TagResource, awsapi.Require("Resource"),
				awsapi.Route("POST", tagsPath), awsapi.Require("Tags"), awsapi.Status(204)),
			awsapi.Op("UntagResource", on(s, "UntagResource", func(in *lambda.UntagResourceInput) *string { return in.Resource },
				func(in *lambda.UntagResourceInput, k access.Keys) { k.Takes(in.TagKeys) }), s.UntagResource, awsapi.Require("Resource"),
				awsapi.Route("DELETE", tagsPath), awsapi.InQuery("TagKeys=tagKeys"), awsapi.Require("TagKeys"), awsapi.Status(204)),
			awsapi.Op("ListTags", on(s, "ListTags", func(in *lambda.ListTagsInput) *string { return in.Resource }), s.ListTags, awsapi.Require("Resource"),
				awsapi.Route("GET", tagsPath)),
		},
	}
}

// about is an operation about one function.
func about[In, Out any](s *Service, operation string, name func(*In) *string, do awsapi.Handler[In, Out], options ...awsapi.Option) awsapi.Operation {
	return awsapi.Op(operation, on(s, operation, name), do, append(options, awsapi.Require("FunctionName"))...)
}
