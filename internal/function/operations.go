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
			about("CreateFunction", func(in *lambda.CreateFunctionInput) *string { return in.FunctionName }, s.CreateFunction,
				awsapi.Route("POST", functionsPath), awsapi.Require("Role", "Code"), awsapi.Status(201)),
			about("GetFunction", func(in *lambda.GetFunctionInput) *string { return in.FunctionName }, s.GetFunction,
				awsapi.Route("GET", functionPath), awsapi.InQuery("Qualifier")),
			about("GetFunctionConfiguration", func(in *lambda.GetFunctionConfigurationInput) *string { return in.FunctionName }, s.GetFunctionConfiguration,
				awsapi.Route("GET", functionPath+"/configuration"), awsapi.InQuery("Qualifier")),
			about("UpdateFunctionCode", func(in *lambda.UpdateFunctionCodeInput) *string { return in.FunctionName }, s.UpdateFunctionCode,
				awsapi.Route("PUT", functionPath+"/code")),
			about("UpdateFunctionConfiguration", func(in *lambda.UpdateFunctionConfigurationInput) *string { return in.FunctionName }, s.UpdateFunctionConfiguration,
				awsapi.Route("PUT", functionPath+"/configuration")),
			awsapi.Op("ListFunctions", awsapi.Action("lambda:ListFunctions", awsapi.AnyResource), s.ListFunctions,
				awsapi.Route("GET", functionsPath), awsapi.InQuery("FunctionVersion", "Marker", "MasterRegion", "MaxItems")),
			about("DeleteFunction", func(in *lambda.DeleteFunctionInput) *string { return in.FunctionName }, s.DeleteFunction,
				awsapi.Route("DELETE", functionPath), awsapi.InQuery("Qualifier"), awsapi.OutStatus("StatusCode")),

			about("PublishVersion", func(in *lambda.PublishVersionInput) *string { return in.FunctionName }, s.PublishVersion,
				awsapi.Route("POST", functionPath+"/versions"), awsapi.Status(201)),
			about("ListVersionsByFunction", func(in *lambda.ListVersionsByFunctionInput) *string { return in.FunctionName }, s.ListVersionsByFunction,
				awsapi.Route("GET", functionPath+"/versions"), awsapi.InQuery("Marker", "MaxItems")),

			about("CreateAlias", func(in *lambda.CreateAliasInput) *string { return in.FunctionName }, s.CreateAlias,
				awsapi.Route("POST", functionPath+"/aliases"), awsapi.Require("Name", "FunctionVersion"), awsapi.Status(201)),
			about("GetAlias", func(in *lambda.GetAliasInput) *string { return in.FunctionName }, s.GetAlias,
				awsapi.Route("GET", functionPath+"/aliases/{Name}"), awsapi.Require("Name")),
			about("UpdateAlias", func(in *lambda.UpdateAliasInput) *string { return in.FunctionName }, s.UpdateAlias,
				awsapi.Route("PUT", functionPath+"/aliases/{Name}"), awsapi.Require("Name")),
			about("ListAliases", func(in *lambda.ListAliasesInput) *string { return in.FunctionName }, s.ListAliases,
				awsapi.Route("GET", functionPath+"/aliases"), awsapi.InQuery("FunctionVersion", "Marker", "MaxItems")),
			about("DeleteAlias", func(in *lambda.DeleteAliasInput) *string { return in.FunctionName }, s.DeleteAlias,
				awsapi.Route("DELETE", functionPath+"/aliases/{Name}"), awsapi.Require("Name"), awsapi.Status(204)),

			about("AddPermission", func(in *lambda.AddPermissionInput) *string { return in.FunctionName }, s.AddPermission,
				awsapi.Route("POST", functionPath+"/policy"), awsapi.InQuery("Qualifier"), awsapi.Require("StatementId", "Action", "Principal"), awsapi.Status(201)),
			about("GetPolicy", func(in *lambda.GetPolicyInput) *string { return in.FunctionName }, s.GetPolicy,
				awsapi.Route("GET", functionPath+"/policy"), awsapi.InQuery("Qualifier")),
			about("RemovePermission", func(in *lambda.RemovePermissionInput) *string { return in.FunctionName }, s.RemovePermission,
				awsapi.Route("DELETE", functionPath+"/policy/{StatementId}"), awsapi.Require("StatementId"), awsapi.InQuery("Qualifier", "RevisionId"), awsapi.Status(204)),

			awsapi.Op("Invoke", awsapi.Action("lambda:InvokeFunction", invoked), s.Invoke, awsapi.Require("FunctionName"),
				awsapi.Route("POST", functionPath+"/invocations"), awsapi.InQuery("Qualifier"), awsapi.InPayload("Payload"),
				awsapi.InHeader("ClientContext=X-Amz-Client-Context", "DurableExecutionName=X-Amz-Durable-Execution-Name",
					"InvocationType=X-Amz-Invocation-Type", "LogType=X-Amz-Log-Type", "TenantId=X-Amz-Tenant-Id"),
				awsapi.OutHeader("DurableExecutionArn=X-Amz-Durable-Execution-Arn", "ExecutedVersion=X-Amz-Executed-Version",
					"FunctionError=X-Amz-Function-Error", "LogResult=X-Amz-Log-Result"),
				awsapi.OutPayload("Payload"), awsapi.OutStatus("StatusCode")),

			about("PutFunctionConcurrency", func(in *lambda.PutFunctionConcurrencyInput) *string { return in.FunctionName }, s.PutFunctionConcurrency,
				awsapi.Route("PUT", "/2017-10-31/functions/{FunctionName}/concurrency"), awsapi.Require("ReservedConcurrentExecutions")),
			about("GetFunctionConcurrency", func(in *lambda.GetFunctionConcurrencyInput) *string { return in.FunctionName }, s.GetFunctionConcurrency,
				awsapi.Route("GET", "/2019-09-30/functions/{FunctionName}/concurrency")),
			about("DeleteFunctionConcurrency", func(in *lambda.DeleteFunctionConcurrencyInput) *string { return in.FunctionName }, s.DeleteFunctionConcurrency,
				awsapi.Route("DELETE", "/2017-10-31/functions/{FunctionName}/concurrency"), awsapi.Status(204)),

			awsapi.Op("TagResource", on("TagResource", func(in *lambda.TagResourceInput) *string { return in.Resource }), s.TagResource, awsapi.Require("Resource"),
				awsapi.Route("POST", tagsPath), awsapi.Require("Tags"), awsapi.Status(204)),
			awsapi.Op("UntagResource", on("UntagResource", func(in *lambda.UntagResourceInput) *string { return in.Resource }), s.UntagResource, awsapi.Require("Resource"),
				awsapi.Route("DELETE", tagsPath), awsapi.InQuery("TagKeys=tagKeys"), awsapi.Require("TagKeys"), awsapi.Status(204)),
			awsapi.Op("ListTags", on("ListTags", func(in *lambda.ListTagsInput) *string { return in.Resource }), s.ListTags, awsapi.Require("Resource"),
				awsapi.Route("GET", tagsPath)),
		},
	}
}

// about is an operation about one function.
func about[In, Out any](operation string, name func(*In) *string, do awsapi.Handler[In, Out], options ...awsapi.Option) awsapi.Operation {
	return awsapi.Op(operation, on(operation, name), do, append(options, awsapi.Require("FunctionName"))...)
}

// on is the permission for an operation about one function.
func on[In any](operation string, name func(*In) *string) awsapi.Access {
	return awsapi.Action("lambda:"+operation, byName(name))
}

// invoked is the function as it is invoked: with the version or alias, so that
// a policy may allow one and not another.
func invoked(call *access.Call, in *lambda.InvokeInput) (string, error) {
	t, err := find(call, in.FunctionName, in.Qualifier)
	return t.arn(), err
}
