package restapi

import (
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// The operations on what is not there: absent.go says how they answer.

func (svc *Service) keyOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", "/apikeys", "CreateApiKey", no[apigateway.CreateApiKeyInput, apigateway.CreateApiKeyOutput]("CreateApiKey", apiKeys)),
		op(svc, "DELETE", "/apikeys/{ApiKey}", "DeleteApiKey", gone[apigateway.DeleteApiKeyInput, apigateway.DeleteApiKeyOutput](svc, noAPIKey)),
		op(svc, "GET", "/apikeys/{ApiKey}", "GetApiKey", gone[apigateway.GetApiKeyInput, apigateway.GetApiKeyOutput](svc, noAPIKey), awsapi.InQuery("IncludeValue=includeValue")),
		op(svc, "GET", "/apikeys", "GetApiKeys", none[apigateway.GetApiKeysInput](svc, &apigateway.GetApiKeysOutput{Items: []types.ApiKey{}}), awsapi.InQuery("CustomerId=customerId", "IncludeValues=includeValues", "Limit=limit", "NameQuery=name", "Position=position")),
		op(svc, "POST", "/apikeys?mode=import", "ImportApiKeys", no[apigateway.ImportApiKeysInput, apigateway.ImportApiKeysOutput]("ImportApiKeys", apiKeys), awsapi.InQuery("FailOnWarnings=failonwarnings", "Format=format"), awsapi.InPayload("Body"), awsapi.Require("Body", "Format")),
		op(svc, "PATCH", "/apikeys/{ApiKey}", "UpdateApiKey", gone[apigateway.UpdateApiKeyInput, apigateway.UpdateApiKeyOutput](svc, noAPIKey)),
		op(svc, "POST", "/usageplans", "CreateUsagePlan", no[apigateway.CreateUsagePlanInput, apigateway.CreateUsagePlanOutput]("CreateUsagePlan", usagePlans), awsapi.Require("Name")),
		op(svc, "POST", "/usageplans/{UsagePlanId}/keys", "CreateUsagePlanKey", no[apigateway.CreateUsagePlanKeyInput, apigateway.CreateUsagePlanKeyOutput]("CreateUsagePlanKey", usagePlans), awsapi.Require("KeyId", "KeyType")),
		op(svc, "DELETE", "/usageplans/{UsagePlanId}", "DeleteUsagePlan", gone[apigateway.DeleteUsagePlanInput, apigateway.DeleteUsagePlanOutput](svc, noUsagePlan)),
		op(svc, "DELETE", "/usageplans/{UsagePlanId}/keys/{KeyId}", "DeleteUsagePlanKey", gone[apigateway.DeleteUsagePlanKeyInput, apigateway.DeleteUsagePlanKeyOutput](svc, noUsagePlan)),
		op(svc, "GET", "/usageplans/{UsagePlanId}/usage", "GetUsage", gone[apigateway.GetUsageInput, apigateway.GetUsageOutput](svc, noUsagePlan), awsapi.InQuery("EndDate=endDate", "KeyId=keyId", "Limit=limit", "Position=position", "StartDate=startDate"), awsapi.Require("StartDate", "EndDate")),
		op(svc, "GET", "/usageplans/{UsagePlanId}", "GetUsagePlan", gone[apigateway.GetUsagePlanInput, apigateway.GetUsagePlanOutput](svc, noUsagePlan)),
		op(svc, "GET", "/usageplans/{UsagePlanId}/keys/{KeyId}", "GetUsagePlanKey", gone[apigateway.GetUsagePlanKeyInput, apigateway.GetUsagePlanKeyOutput](svc, noUsagePlan)),
		op(svc, "GET", "/usageplans/{UsagePlanId}/keys", "GetUsagePlanKeys", gone[apigateway.GetUsagePlanKeysInput, apigateway.GetUsagePlanKeysOutput](svc, noUsagePlan), awsapi.InQuery("Limit=limit", "NameQuery=name", "Position=position")),
		op(svc, "GET", "/usageplans", "GetUsagePlans", none[apigateway.GetUsagePlansInput](svc, &apigateway.GetUsagePlansOutput{Items: []types.UsagePlan{}}), awsapi.InQuery("KeyId=keyId", "Limit=limit", "Position=position")),
		op(svc, "PATCH", "/usageplans/{UsagePlanId}/keys/{KeyId}/usage", "UpdateUsage", gone[apigateway.UpdateUsageInput, apigateway.UpdateUsageOutput](svc, noUsagePlan)),
		op(svc, "PATCH", "/usageplans/{UsagePlanId}", "UpdateUsagePlan", gone[apigateway.UpdateUsagePlanInput, apigateway.UpdateUsagePlanOutput](svc, noUsagePlan)),
	}
}

func (svc *Service) domainOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", "/domainnames/{DomainName}/basepathmappings", "CreateBasePathMapping", no[apigateway.CreateBasePathMappingInput, apigateway.CreateBasePathMappingOutput]("CreateBasePathMapping", domains), awsapi.InQuery("DomainNameId=domainNameId"), awsapi.Require("RestApiId")),
		op(svc, "POST", "/domainnames", "CreateDomainName", no[apigateway.CreateDomainNameInput, apigateway.CreateDomainNameOutput]("CreateDomainName", domains), awsapi.Require("DomainName")),
		op(svc, "POST", "/domainnameaccessassociations", "CreateDomainNameAccessAssociation", no[apigateway.CreateDomainNameAccessAssociationInput, apigateway.CreateDomainNameAccessAssociationOutput]("CreateDomainNameAccessAssociation", domains), awsapi.Require("DomainNameArn", "AccessAssociationSourceType", "AccessAssociationSource")),
		op(svc, "DELETE", "/domainnames/{DomainName}/basepathmappings/{BasePath}", "DeleteBasePathMapping", gone[apigateway.DeleteBasePathMappingInput, apigateway.DeleteBasePathMappingOutput](svc, noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "DELETE", "/domainnames/{DomainName}", "DeleteDomainName", gone[apigateway.DeleteDomainNameInput, apigateway.DeleteDomainNameOutput](svc, noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "DELETE", "/domainnameaccessassociations/{DomainNameAccessAssociationArn}", "DeleteDomainNameAccessAssociation", gone[apigateway.DeleteDomainNameAccessAssociationInput, apigateway.DeleteDomainNameAccessAssociationOutput](svc, noAssociation)),
		op(svc, "GET", "/domainnames/{DomainName}/basepathmappings/{BasePath}", "GetBasePathMapping", gone[apigateway.GetBasePathMappingInput, apigateway.GetBasePathMappingOutput](svc, noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "GET", "/domainnames/{DomainName}/basepathmappings", "GetBasePathMappings", gone[apigateway.GetBasePathMappingsInput, apigateway.GetBasePathMappingsOutput](svc, noDomain), awsapi.InQuery("DomainNameId=domainNameId", "Limit=limit", "Position=position")),
		op(svc, "GET", "/domainnames/{DomainName}", "GetDomainName", gone[apigateway.GetDomainNameInput, apigateway.GetDomainNameOutput](svc, noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "GET", "/domainnameaccessassociations", "GetDomainNameAccessAssociations", none[apigateway.GetDomainNameAccessAssociationsInput](svc, &apigateway.GetDomainNameAccessAssociationsOutput{Items: []types.DomainNameAccessAssociation{}}), awsapi.InQuery("Limit=limit", "Position=position", "ResourceOwner=resourceOwner")),
		op(svc, "GET", "/domainnames", "GetDomainNames", none[apigateway.GetDomainNamesInput](svc, &apigateway.GetDomainNamesOutput{Items: []types.DomainName{}}), awsapi.InQuery("Limit=limit", "Position=position", "ResourceOwner=resourceOwner")),
		op(svc, "POST", "/rejectdomainnameaccessassociations", "RejectDomainNameAccessAssociation", no[apigateway.RejectDomainNameAccessAssociationInput, apigateway.RejectDomainNameAccessAssociationOutput]("RejectDomainNameAccessAssociation", domains), awsapi.InQuery("DomainNameAccessAssociationArn=domainNameAccessAssociationArn", "DomainNameArn=domainNameArn"), awsapi.Require("DomainNameAccessAssociationArn", "DomainNameArn")),
		op(svc, "PATCH", "/domainnames/{DomainName}/basepathmappings/{BasePath}", "UpdateBasePathMapping", gone[apigateway.UpdateBasePathMappingInput, apigateway.UpdateBasePathMappingOutput](svc, noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "PATCH", "/domainnames/{DomainName}", "UpdateDomainName", gone[apigateway.UpdateDomainNameInput, apigateway.UpdateDomainNameOutput](svc, noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "POST", "/vpclinks", "CreateVpcLink", no[apigateway.CreateVpcLinkInput, apigateway.CreateVpcLinkOutput]("CreateVpcLink", vpcLinks), awsapi.Require("Name", "TargetArns")),
		op(svc, "DELETE", "/vpclinks/{VpcLinkId}", "DeleteVpcLink", gone[apigateway.DeleteVpcLinkInput, apigateway.DeleteVpcLinkOutput](svc, noVPCLink)),
		op(svc, "GET", "/vpclinks/{VpcLinkId}", "GetVpcLink", gone[apigateway.GetVpcLinkInput, apigateway.GetVpcLinkOutput](svc, noVPCLink)),
		op(svc, "GET", "/vpclinks", "GetVpcLinks", none[apigateway.GetVpcLinksInput](svc, &apigateway.GetVpcLinksOutput{Items: []types.VpcLink{}}), inPages),
		op(svc, "PATCH", "/vpclinks/{VpcLinkId}", "UpdateVpcLink", gone[apigateway.UpdateVpcLinkInput, apigateway.UpdateVpcLinkOutput](svc, noVPCLink)),
		op(svc, "DELETE", "/clientcertificates/{ClientCertificateId}", "DeleteClientCertificate", gone[apigateway.DeleteClientCertificateInput, apigateway.DeleteClientCertificateOutput](svc, noCertificate)),
		op(svc, "POST", "/clientcertificates", "GenerateClientCertificate", no[apigateway.GenerateClientCertificateInput, apigateway.GenerateClientCertificateOutput]("GenerateClientCertificate", certificates)),
		op(svc, "GET", "/clientcertificates/{ClientCertificateId}", "GetClientCertificate", gone[apigateway.GetClientCertificateInput, apigateway.GetClientCertificateOutput](svc, noCertificate)),
		op(svc, "GET", "/clientcertificates", "GetClientCertificates", none[apigateway.GetClientCertificatesInput](svc, &apigateway.GetClientCertificatesOutput{Items: []types.ClientCertificate{}}), inPages),
		op(svc, "PATCH", "/clientcertificates/{ClientCertificateId}", "UpdateClientCertificate", gone[apigateway.UpdateClientCertificateInput, apigateway.UpdateClientCertificateOutput](svc, noCertificate)),
	}
}

func (svc *Service) modelOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", restAPIPath+"/models", "CreateModel", no[apigateway.CreateModelInput, apigateway.CreateModelOutput]("CreateModel", models), awsapi.Require("Name", "ContentType")),
		op(svc, "DELETE", restAPIPath+"/models/{ModelName}", "DeleteModel", no[apigateway.DeleteModelInput, apigateway.DeleteModelOutput]("DeleteModel", models)),
		op(svc, "GET", restAPIPath+"/models/{ModelName}", "GetModel", svc.getModel, awsapi.InQuery("Flatten=flatten")),
		op(svc, "GET", restAPIPath+"/models", "GetModels", svc.getModels, inPages),
		op(svc, "GET", restAPIPath+"/models/{ModelName}/default_template", "GetModelTemplate", no[apigateway.GetModelTemplateInput, apigateway.GetModelTemplateOutput]("GetModelTemplate", models)),
		op(svc, "PATCH", restAPIPath+"/models/{ModelName}", "UpdateModel", no[apigateway.UpdateModelInput, apigateway.UpdateModelOutput]("UpdateModel", models)),
		op(svc, "POST", restAPIPath+"/requestvalidators", "CreateRequestValidator", no[apigateway.CreateRequestValidatorInput, apigateway.CreateRequestValidatorOutput]("CreateRequestValidator", validators)),
		op(svc, "DELETE", restAPIPath+"/requestvalidators/{RequestValidatorId}", "DeleteRequestValidator", gone[apigateway.DeleteRequestValidatorInput, apigateway.DeleteRequestValidatorOutput](svc, noValidator)),
		op(svc, "GET", restAPIPath+"/requestvalidators/{RequestValidatorId}", "GetRequestValidator", gone[apigateway.GetRequestValidatorInput, apigateway.GetRequestValidatorOutput](svc, noValidator)),
		op(svc, "GET", restAPIPath+"/requestvalidators", "GetRequestValidators", none[apigateway.GetRequestValidatorsInput](svc, &apigateway.GetRequestValidatorsOutput{Items: []types.RequestValidator{}}), inPages),
		op(svc, "PATCH", restAPIPath+"/requestvalidators/{RequestValidatorId}", "UpdateRequestValidator", gone[apigateway.UpdateRequestValidatorInput, apigateway.UpdateRequestValidatorOutput](svc, noValidator)),
		op(svc, "POST", restAPIPath+"/documentation/parts", "CreateDocumentationPart", no[apigateway.CreateDocumentationPartInput, apigateway.CreateDocumentationPartOutput]("CreateDocumentationPart", documentation), awsapi.Require("Location", "Properties")),
		op(svc, "POST", restAPIPath+"/documentation/versions", "CreateDocumentationVersion", no[apigateway.CreateDocumentationVersionInput, apigateway.CreateDocumentationVersionOutput]("CreateDocumentationVersion", documentation), awsapi.Require("DocumentationVersion")),
		op(svc, "DELETE", restAPIPath+"/documentation/parts/{DocumentationPartId}", "DeleteDocumentationPart", gone[apigateway.DeleteDocumentationPartInput, apigateway.DeleteDocumentationPartOutput](svc, noDocumentationPart)),
		op(svc, "DELETE", restAPIPath+"/documentation/versions/{DocumentationVersion}", "DeleteDocumentationVersion", gone[apigateway.DeleteDocumentationVersionInput, apigateway.DeleteDocumentationVersionOutput](svc, noDocumentationVersion)),
		op(svc, "GET", restAPIPath+"/documentation/parts/{DocumentationPartId}", "GetDocumentationPart", gone[apigateway.GetDocumentationPartInput, apigateway.GetDocumentationPartOutput](svc, noDocumentationPart)),
		op(svc, "GET", restAPIPath+"/documentation/parts", "GetDocumentationParts", none[apigateway.GetDocumentationPartsInput](svc, &apigateway.GetDocumentationPartsOutput{Items: []types.DocumentationPart{}}), awsapi.InQuery("Limit=limit", "LocationStatus=locationStatus", "NameQuery=name", "Path=path", "Position=position", "Type=type")),
		op(svc, "GET", restAPIPath+"/documentation/versions/{DocumentationVersion}", "GetDocumentationVersion", gone[apigateway.GetDocumentationVersionInput, apigateway.GetDocumentationVersionOutput](svc, noDocumentationVersion)),
		op(svc, "GET", restAPIPath+"/documentation/versions", "GetDocumentationVersions", none[apigateway.GetDocumentationVersionsInput](svc, &apigateway.GetDocumentationVersionsOutput{Items: []types.DocumentationVersion{}}), inPages),
		op(svc, "PUT", restAPIPath+"/documentation/parts", "ImportDocumentationParts", no[apigateway.ImportDocumentationPartsInput, apigateway.ImportDocumentationPartsOutput]("ImportDocumentationParts", documentation), awsapi.InQuery("FailOnWarnings=failonwarnings", "Mode=mode"), awsapi.InPayload("Body"), awsapi.Require("Body")),
		op(svc, "PATCH", restAPIPath+"/documentation/parts/{DocumentationPartId}", "UpdateDocumentationPart", gone[apigateway.UpdateDocumentationPartInput, apigateway.UpdateDocumentationPartOutput](svc, noDocumentationPart)),
		op(svc, "PATCH", restAPIPath+"/documentation/versions/{DocumentationVersion}", "UpdateDocumentationVersion", gone[apigateway.UpdateDocumentationVersionInput, apigateway.UpdateDocumentationVersionOutput](svc, noDocumentationVersion)),
	}
}

func (svc *Service) wholeOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", "/restapis?mode=import", "ImportRestApi", no[apigateway.ImportRestApiInput, apigateway.ImportRestApiOutput]("ImportRestApi", imports), awsapi.InQuery("FailOnWarnings=failonwarnings", "Parameters=*"), awsapi.InPayload("Body"), awsapi.Require("Body")),
		op(svc, "PUT", restAPIPath, "PutRestApi", no[apigateway.PutRestApiInput, apigateway.PutRestApiOutput]("PutRestApi", imports), awsapi.InQuery("FailOnWarnings=failonwarnings", "Mode=mode", "Parameters=*"), awsapi.InPayload("Body"), awsapi.Require("Body")),
		op(svc, "GET", stagePath+"/exports/{ExportType}", "GetExport", no[apigateway.GetExportInput, apigateway.GetExportOutput]("GetExport", exports), awsapi.InQuery("Parameters=*"), awsapi.InHeader("Accepts=Accept"), awsapi.OutHeader("ContentType=Content-Type", "ContentDisposition=Content-Disposition"), awsapi.OutPayload("Body")),
		op(svc, "GET", stagePath+"/sdks/{SdkType}", "GetSdk", no[apigateway.GetSdkInput, apigateway.GetSdkOutput]("GetSdk", sdks), awsapi.InQuery("Parameters=*"), awsapi.OutHeader("ContentType=Content-Type", "ContentDisposition=Content-Disposition"), awsapi.OutPayload("Body")),
		op(svc, "GET", "/sdktypes/{Id}", "GetSdkType", no[apigateway.GetSdkTypeInput, apigateway.GetSdkTypeOutput]("GetSdkType", sdks)),
		op(svc, "GET", "/sdktypes", "GetSdkTypes", no[apigateway.GetSdkTypesInput, apigateway.GetSdkTypesOutput]("GetSdkTypes", sdks), inPages),
		op(svc, "DELETE", stagePath+"/cache/data", "FlushStageCache", no[apigateway.FlushStageCacheInput, apigateway.FlushStageCacheOutput]("FlushStageCache", caching)),
		op(svc, "POST", methodPath, "TestInvokeMethod", no[apigateway.TestInvokeMethodInput, apigateway.TestInvokeMethodOutput]("TestInvokeMethod", methodTrials)),
	}
}
