package httpapi

import (
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// The operations on what is not there: absent.go says how they answer.

func (svc *Service) webSocketOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", "/v2/apis/{ApiId}/integrations/{IntegrationId}/integrationresponses", "CreateIntegrationResponse", no[apigatewayv2.CreateIntegrationResponseInput, apigatewayv2.CreateIntegrationResponseOutput]("CreateIntegrationResponse", integrationResponses), awsapi.Require("IntegrationResponseKey")),
		op(svc, "POST", "/v2/apis/{ApiId}/models", "CreateModel", no[apigatewayv2.CreateModelInput, apigatewayv2.CreateModelOutput]("CreateModel", models), awsapi.Require("Name", "Schema")),
		op(svc, "POST", "/v2/apis/{ApiId}/routes/{RouteId}/routeresponses", "CreateRouteResponse", no[apigatewayv2.CreateRouteResponseInput, apigatewayv2.CreateRouteResponseOutput]("CreateRouteResponse", routeResponses), awsapi.Require("RouteResponseKey")),
		op(svc, "DELETE", "/v2/apis/{ApiId}/integrations/{IntegrationId}/integrationresponses/{IntegrationResponseId}", "DeleteIntegrationResponse", no[apigatewayv2.DeleteIntegrationResponseInput, apigatewayv2.DeleteIntegrationResponseOutput]("DeleteIntegrationResponse", integrationResponses)),
		op(svc, "DELETE", "/v2/apis/{ApiId}/models/{ModelId}", "DeleteModel", no[apigatewayv2.DeleteModelInput, apigatewayv2.DeleteModelOutput]("DeleteModel", models)),
		op(svc, "DELETE", "/v2/apis/{ApiId}/routes/{RouteId}/requestparameters/{RequestParameterKey}", "DeleteRouteRequestParameter", no[apigatewayv2.DeleteRouteRequestParameterInput, apigatewayv2.DeleteRouteRequestParameterOutput]("DeleteRouteRequestParameter", requestParameters)),
		op(svc, "DELETE", "/v2/apis/{ApiId}/routes/{RouteId}/routeresponses/{RouteResponseId}", "DeleteRouteResponse", no[apigatewayv2.DeleteRouteResponseInput, apigatewayv2.DeleteRouteResponseOutput]("DeleteRouteResponse", routeResponses)),
		op(svc, "GET", "/v2/apis/{ApiId}/exports/{Specification}", "ExportApi", no[apigatewayv2.ExportApiInput, apigatewayv2.ExportApiOutput]("ExportApi", exports), awsapi.OutPayload("Body"), awsapi.InQuery("ExportVersion=exportVersion", "IncludeExtensions=includeExtensions", "OutputType=outputType", "StageName=stageName"), awsapi.Require("OutputType")),
		op(svc, "GET", "/v2/apis/{ApiId}/integrations/{IntegrationId}/integrationresponses/{IntegrationResponseId}", "GetIntegrationResponse", no[apigatewayv2.GetIntegrationResponseInput, apigatewayv2.GetIntegrationResponseOutput]("GetIntegrationResponse", integrationResponses)),
		op(svc, "GET", "/v2/apis/{ApiId}/integrations/{IntegrationId}/integrationresponses", "GetIntegrationResponses", no[apigatewayv2.GetIntegrationResponsesInput, apigatewayv2.GetIntegrationResponsesOutput]("GetIntegrationResponses", integrationResponses), inPages),
		op(svc, "GET", "/v2/apis/{ApiId}/models/{ModelId}", "GetModel", no[apigatewayv2.GetModelInput, apigatewayv2.GetModelOutput]("GetModel", models)),
		op(svc, "GET", "/v2/apis/{ApiId}/models/{ModelId}/template", "GetModelTemplate", no[apigatewayv2.GetModelTemplateInput, apigatewayv2.GetModelTemplateOutput]("GetModelTemplate", models)),
		op(svc, "GET", "/v2/apis/{ApiId}/models", "GetModels", no[apigatewayv2.GetModelsInput, apigatewayv2.GetModelsOutput]("GetModels", models), inPages),
		op(svc, "GET", "/v2/apis/{ApiId}/routes/{RouteId}/routeresponses/{RouteResponseId}", "GetRouteResponse", no[apigatewayv2.GetRouteResponseInput, apigatewayv2.GetRouteResponseOutput]("GetRouteResponse", routeResponses)),
		op(svc, "GET", "/v2/apis/{ApiId}/routes/{RouteId}/routeresponses", "GetRouteResponses", no[apigatewayv2.GetRouteResponsesInput, apigatewayv2.GetRouteResponsesOutput]("GetRouteResponses", routeResponses), inPages),
		op(svc, "PUT", "/v2/apis", "ImportApi", no[apigatewayv2.ImportApiInput, apigatewayv2.ImportApiOutput]("ImportApi", imports), awsapi.InQuery("Basepath=basepath", "FailOnWarnings=failOnWarnings"), awsapi.Require("Body")),
		op(svc, "PUT", "/v2/apis/{ApiId}", "ReimportApi", no[apigatewayv2.ReimportApiInput, apigatewayv2.ReimportApiOutput]("ReimportApi", imports), awsapi.InQuery("Basepath=basepath", "FailOnWarnings=failOnWarnings"), awsapi.Require("Body")),
		op(svc, "PATCH", "/v2/apis/{ApiId}/integrations/{IntegrationId}/integrationresponses/{IntegrationResponseId}", "UpdateIntegrationResponse", no[apigatewayv2.UpdateIntegrationResponseInput, apigatewayv2.UpdateIntegrationResponseOutput]("UpdateIntegrationResponse", integrationResponses)),
		op(svc, "PATCH", "/v2/apis/{ApiId}/models/{ModelId}", "UpdateModel", no[apigatewayv2.UpdateModelInput, apigatewayv2.UpdateModelOutput]("UpdateModel", models)),
		op(svc, "PATCH", "/v2/apis/{ApiId}/routes/{RouteId}/routeresponses/{RouteResponseId}", "UpdateRouteResponse", no[apigatewayv2.UpdateRouteResponseInput, apigatewayv2.UpdateRouteResponseOutput]("UpdateRouteResponse", routeResponses)),
	}
}

func (svc *Service) domainOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", "/v2/domainnames/{DomainName}/apimappings", "CreateApiMapping", gone[apigatewayv2.CreateApiMappingInput, apigatewayv2.CreateApiMappingOutput](noDomain), awsapi.Require("ApiId", "Stage")),
		op(svc, "POST", "/v2/domainnames", "CreateDomainName", no[apigatewayv2.CreateDomainNameInput, apigatewayv2.CreateDomainNameOutput]("CreateDomainName", domains), awsapi.Require("DomainName")),
		op(svc, "POST", "/v2/domainnames/{DomainName}/routingrules", "CreateRoutingRule", gone[apigatewayv2.CreateRoutingRuleInput, apigatewayv2.CreateRoutingRuleOutput](noDomain), awsapi.InQuery("DomainNameId=domainNameId"), awsapi.Require("Actions", "Conditions", "Priority")),
		op(svc, "POST", "/v2/vpclinks", "CreateVpcLink", no[apigatewayv2.CreateVpcLinkInput, apigatewayv2.CreateVpcLinkOutput]("CreateVpcLink", vpcLinks), awsapi.Require("Name", "SubnetIds")),
		op(svc, "DELETE", "/v2/domainnames/{DomainName}/apimappings/{ApiMappingId}", "DeleteApiMapping", gone[apigatewayv2.DeleteApiMappingInput, apigatewayv2.DeleteApiMappingOutput](noDomain)),
		op(svc, "DELETE", "/v2/domainnames/{DomainName}", "DeleteDomainName", gone[apigatewayv2.DeleteDomainNameInput, apigatewayv2.DeleteDomainNameOutput](noDomain)),
		op(svc, "DELETE", "/v2/domainnames/{DomainName}/routingrules/{RoutingRuleId}", "DeleteRoutingRule", gone[apigatewayv2.DeleteRoutingRuleInput, apigatewayv2.DeleteRoutingRuleOutput](noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "DELETE", "/v2/vpclinks/{VpcLinkId}", "DeleteVpcLink", gone[apigatewayv2.DeleteVpcLinkInput, apigatewayv2.DeleteVpcLinkOutput](noVPCLink)),
		op(svc, "GET", "/v2/domainnames/{DomainName}/apimappings/{ApiMappingId}", "GetApiMapping", gone[apigatewayv2.GetApiMappingInput, apigatewayv2.GetApiMappingOutput](noDomain)),
		op(svc, "GET", "/v2/domainnames/{DomainName}/apimappings", "GetApiMappings", gone[apigatewayv2.GetApiMappingsInput, apigatewayv2.GetApiMappingsOutput](noDomain), inPages),
		op(svc, "GET", "/v2/domainnames/{DomainName}", "GetDomainName", gone[apigatewayv2.GetDomainNameInput, apigatewayv2.GetDomainNameOutput](noDomain)),
		op(svc, "GET", "/v2/domainnames", "GetDomainNames", none[apigatewayv2.GetDomainNamesInput](&apigatewayv2.GetDomainNamesOutput{Items: []types.DomainName{}}), inPages),
		op(svc, "GET", "/v2/domainnames/{DomainName}/routingrules/{RoutingRuleId}", "GetRoutingRule", gone[apigatewayv2.GetRoutingRuleInput, apigatewayv2.GetRoutingRuleOutput](noDomain), awsapi.InQuery("DomainNameId=domainNameId")),
		op(svc, "GET", "/v2/vpclinks/{VpcLinkId}", "GetVpcLink", gone[apigatewayv2.GetVpcLinkInput, apigatewayv2.GetVpcLinkOutput](noVPCLink)),
		op(svc, "GET", "/v2/vpclinks", "GetVpcLinks", none[apigatewayv2.GetVpcLinksInput](&apigatewayv2.GetVpcLinksOutput{Items: []types.VpcLink{}}), inPages),
		op(svc, "GET", "/v2/domainnames/{DomainName}/routingrules", "ListRoutingRules", gone[apigatewayv2.ListRoutingRulesInput, apigatewayv2.ListRoutingRulesOutput](noDomain), awsapi.InQuery("DomainNameId=domainNameId", "MaxResults=maxResults", "NextToken=nextToken")),
		op(svc, "PUT", "/v2/domainnames/{DomainName}/routingrules/{RoutingRuleId}", "PutRoutingRule", gone[apigatewayv2.PutRoutingRuleInput, apigatewayv2.PutRoutingRuleOutput](noDomain), awsapi.InQuery("DomainNameId=domainNameId"), awsapi.Require("Actions", "Conditions", "Priority")),
		op(svc, "PATCH", "/v2/domainnames/{DomainName}/apimappings/{ApiMappingId}", "UpdateApiMapping", gone[apigatewayv2.UpdateApiMappingInput, apigatewayv2.UpdateApiMappingOutput](noDomain), awsapi.Require("ApiId")),
		op(svc, "PATCH", "/v2/domainnames/{DomainName}", "UpdateDomainName", gone[apigatewayv2.UpdateDomainNameInput, apigatewayv2.UpdateDomainNameOutput](noDomain)),
		op(svc, "PATCH", "/v2/vpclinks/{VpcLinkId}", "UpdateVpcLink", gone[apigatewayv2.UpdateVpcLinkInput, apigatewayv2.UpdateVpcLinkOutput](noVPCLink)),
	}
}

func (svc *Service) portalOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", "/v2/portals", "CreatePortal", no[apigatewayv2.CreatePortalInput, apigatewayv2.CreatePortalOutput]("CreatePortal", portals), awsapi.Require("Authorization", "EndpointConfiguration", "PortalContent")),
		op(svc, "POST", "/v2/portalproducts", "CreatePortalProduct", no[apigatewayv2.CreatePortalProductInput, apigatewayv2.CreatePortalProductOutput]("CreatePortalProduct", portals), awsapi.Require("DisplayName")),
		op(svc, "POST", "/v2/portalproducts/{PortalProductId}/productpages", "CreateProductPage", gone[apigatewayv2.CreateProductPageInput, apigatewayv2.CreateProductPageOutput](noProduct), awsapi.Require("DisplayContent")),
		op(svc, "POST", "/v2/portalproducts/{PortalProductId}/productrestendpointpages", "CreateProductRestEndpointPage", gone[apigatewayv2.CreateProductRestEndpointPageInput, apigatewayv2.CreateProductRestEndpointPageOutput](noProduct), awsapi.Require("RestEndpointIdentifier")),
		op(svc, "DELETE", "/v2/portals/{PortalId}", "DeletePortal", gone[apigatewayv2.DeletePortalInput, apigatewayv2.DeletePortalOutput](noPortal)),
		op(svc, "DELETE", "/v2/portalproducts/{PortalProductId}", "DeletePortalProduct", gone[apigatewayv2.DeletePortalProductInput, apigatewayv2.DeletePortalProductOutput](noProduct)),
		op(svc, "DELETE", "/v2/portalproducts/{PortalProductId}/sharingpolicy", "DeletePortalProductSharingPolicy", gone[apigatewayv2.DeletePortalProductSharingPolicyInput, apigatewayv2.DeletePortalProductSharingPolicyOutput](noProduct)),
		op(svc, "DELETE", "/v2/portalproducts/{PortalProductId}/productpages/{ProductPageId}", "DeleteProductPage", gone[apigatewayv2.DeleteProductPageInput, apigatewayv2.DeleteProductPageOutput](noProduct)),
		op(svc, "DELETE", "/v2/portalproducts/{PortalProductId}/productrestendpointpages/{ProductRestEndpointPageId}", "DeleteProductRestEndpointPage", gone[apigatewayv2.DeleteProductRestEndpointPageInput, apigatewayv2.DeleteProductRestEndpointPageOutput](noProduct)),
		op(svc, "DELETE", "/v2/portals/{PortalId}/publish", "DisablePortal", gone[apigatewayv2.DisablePortalInput, apigatewayv2.DisablePortalOutput](noPortal)),
		op(svc, "GET", "/v2/portals/{PortalId}", "GetPortal", gone[apigatewayv2.GetPortalInput, apigatewayv2.GetPortalOutput](noPortal)),
		op(svc, "GET", "/v2/portalproducts/{PortalProductId}", "GetPortalProduct", gone[apigatewayv2.GetPortalProductInput, apigatewayv2.GetPortalProductOutput](noProduct), awsapi.InQuery("ResourceOwnerAccountId=resourceOwnerAccountId")),
		op(svc, "GET", "/v2/portalproducts/{PortalProductId}/sharingpolicy", "GetPortalProductSharingPolicy", gone[apigatewayv2.GetPortalProductSharingPolicyInput, apigatewayv2.GetPortalProductSharingPolicyOutput](noProduct)),
		op(svc, "GET", "/v2/portalproducts/{PortalProductId}/productpages/{ProductPageId}", "GetProductPage", gone[apigatewayv2.GetProductPageInput, apigatewayv2.GetProductPageOutput](noProduct), awsapi.InQuery("ResourceOwnerAccountId=resourceOwnerAccountId")),
		op(svc, "GET", "/v2/portalproducts/{PortalProductId}/productrestendpointpages/{ProductRestEndpointPageId}", "GetProductRestEndpointPage", gone[apigatewayv2.GetProductRestEndpointPageInput, apigatewayv2.GetProductRestEndpointPageOutput](noProduct), awsapi.InQuery("IncludeRawDisplayContent=includeRawDisplayContent", "ResourceOwnerAccountId=resourceOwnerAccountId")),
		op(svc, "GET", "/v2/portalproducts", "ListPortalProducts", none[apigatewayv2.ListPortalProductsInput](&apigatewayv2.ListPortalProductsOutput{Items: []types.PortalProductSummary{}}), awsapi.InQuery("MaxResults=maxResults", "NextToken=nextToken", "ResourceOwner=resourceOwner")),
		op(svc, "GET", "/v2/portals", "ListPortals", none[apigatewayv2.ListPortalsInput](&apigatewayv2.ListPortalsOutput{Items: []types.PortalSummary{}}), inPages),
		op(svc, "GET", "/v2/portalproducts/{PortalProductId}/productpages", "ListProductPages", gone[apigatewayv2.ListProductPagesInput, apigatewayv2.ListProductPagesOutput](noProduct), awsapi.InQuery("MaxResults=maxResults", "NextToken=nextToken", "ResourceOwnerAccountId=resourceOwnerAccountId")),
		op(svc, "GET", "/v2/portalproducts/{PortalProductId}/productrestendpointpages", "ListProductRestEndpointPages", gone[apigatewayv2.ListProductRestEndpointPagesInput, apigatewayv2.ListProductRestEndpointPagesOutput](noProduct), awsapi.InQuery("MaxResults=maxResults", "NextToken=nextToken", "ResourceOwnerAccountId=resourceOwnerAccountId")),
		op(svc, "POST", "/v2/portals/{PortalId}/preview", "PreviewPortal", gone[apigatewayv2.PreviewPortalInput, apigatewayv2.PreviewPortalOutput](noPortal)),
		op(svc, "POST", "/v2/portals/{PortalId}/publish", "PublishPortal", gone[apigatewayv2.PublishPortalInput, apigatewayv2.PublishPortalOutput](noPortal)),
		op(svc, "PUT", "/v2/portalproducts/{PortalProductId}/sharingpolicy", "PutPortalProductSharingPolicy", gone[apigatewayv2.PutPortalProductSharingPolicyInput, apigatewayv2.PutPortalProductSharingPolicyOutput](noProduct), awsapi.Require("PolicyDocument")),
		op(svc, "PATCH", "/v2/portals/{PortalId}", "UpdatePortal", gone[apigatewayv2.UpdatePortalInput, apigatewayv2.UpdatePortalOutput](noPortal)),
		op(svc, "PATCH", "/v2/portalproducts/{PortalProductId}", "UpdatePortalProduct", gone[apigatewayv2.UpdatePortalProductInput, apigatewayv2.UpdatePortalProductOutput](noProduct)),
		op(svc, "PATCH", "/v2/portalproducts/{PortalProductId}/productpages/{ProductPageId}", "UpdateProductPage", gone[apigatewayv2.UpdateProductPageInput, apigatewayv2.UpdateProductPageOutput](noProduct)),
		op(svc, "PATCH", "/v2/portalproducts/{PortalProductId}/productrestendpointpages/{ProductRestEndpointPageId}", "UpdateProductRestEndpointPage", gone[apigatewayv2.UpdateProductRestEndpointPageInput, apigatewayv2.UpdateProductRestEndpointPageOutput](noProduct)),
	}
}
