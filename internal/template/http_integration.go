package template

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

// responseParameters are CloudFormation's form of an integration's response
// mappings: {"404": {ResponseParameters: [{Destination, Source}]}}.
var responseParameters = shape{kind: tableOf, item: &shape{kind: record, fields: fields{
	"ResponseParameters": listing(records(fields{"Destination": str.must(), "Source": str.must()})),
}}}

var httpIntegrationType = &resourceType{
	name: "AWS::ApiGatewayV2::Integration",
	properties: fields{
		"ApiId": str.must().replaces(), "IntegrationType": oneOf("AWS_PROXY", "HTTP_PROXY").must(), "IntegrationUri": str, "IntegrationMethod": str,
		"PayloadFormatVersion": str, "TimeoutInMillis": integer, "CredentialsArn": str, "Description": str, "ConnectionType": oneOf("INTERNET"),
		"RequestParameters": strMap, "ResponseParameters": responseParameters,
		"ConnectionId": unsupported("there are no networks here"), "TlsConfig": unsupported("there are no networks here"),
		"IntegrationSubtype":  unsupported("an integration is a function (AWS_PROXY) or an HTTP server"),
		"PassthroughBehavior": unsupported("WebSocket APIs are not supported"), "RequestTemplates": unsupported("WebSocket APIs are not supported"),
		"TemplateSelectionExpression": unsupported("WebSocket APIs are not supported"), "ContentHandlingStrategy": unsupported("WebSocket APIs are not supported"),
	},
	attributes: []string{"IntegrationId"},
	identity:   []string{"ApiId", "IntegrationUri"},
	create: func(ctx context.Context, w *work) error {
		var in apigatewayv2.CreateIntegrationInput
		if err := into(without(w.properties, "ResponseParameters"), &in); err != nil {
			return err
		}
		in.ResponseParameters = w.responseParameters()
		in.Description = aws.String(w.integrationLabel())
		out, err := invoke[apigatewayv2.CreateIntegrationOutput](ctx, w.deploy, apiGatewayV2, "CreateIntegration", &in)
		if err != nil {
			return err
		}
		w.partOfHTTPAPI(aws.ToString(out.IntegrationId), "IntegrationId")
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		return w.updateIntegration(ctx)
	},
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigatewayv2.DeleteIntegrationOutput](ctx, w.deploy, apiGatewayV2, "DeleteIntegration",
			&apigatewayv2.DeleteIntegrationInput{ApiId: w.httpAPI(), IntegrationId: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		in := &apigatewayv2.GetIntegrationsInput{ApiId: ptr(w.text("ApiId")), MaxResults: aws.String("500")}
		for {
			page, err := invoke[apigatewayv2.GetIntegrationsOutput](ctx, w.deploy, apiGatewayV2, "GetIntegrations", in)
			if err != nil {
				return false, unlessGone(err)
			}
			for _, i := range page.Items {
				if aws.ToString(i.Description) == w.integrationLabel() {
					w.partOfHTTPAPI(aws.ToString(i.IntegrationId), "IntegrationId")
					return true, nil
				}
			}
			if page.NextToken == nil {
				return false, nil
			}
			in.NextToken = page.NextToken
		}
	},
}

// updateIntegration takes away what the template no longer says, too: of
// parameters, UpdateIntegration takes away those that it is given empty.
func (w *work) updateIntegration(ctx context.Context) error {
	current, err := invoke[apigatewayv2.GetIntegrationOutput](ctx, w.deploy, apiGatewayV2, "GetIntegration",
		&apigatewayv2.GetIntegrationInput{ApiId: w.httpAPI(), IntegrationId: &w.row.PhysicalID})
	if err != nil {
		return err
	}
	unsaid := map[string]any{"IntegrationUri": "", "CredentialsArn": "", "TimeoutInMillis": 30000, "PayloadFormatVersion": "", "IntegrationMethod": ""}
	if w.text("IntegrationType") == "AWS_PROXY" {
		unsaid["IntegrationMethod"] = "POST"
	} else {
		unsaid["PayloadFormatVersion"] = "1.0"
	}
	in := apigatewayv2.UpdateIntegrationInput{IntegrationId: &w.row.PhysicalID}
	if err := into(orElse(without(w.properties, "ResponseParameters"), unsaid), &in); err != nil {
		return err
	}
	in.RequestParameters = emptied(current.RequestParameters, in.RequestParameters)
	in.ResponseParameters = w.responseParameters()
	for status, parameters := range current.ResponseParameters {
		if in.ResponseParameters == nil {
			in.ResponseParameters = map[string]map[string]string{}
		}
		in.ResponseParameters[status] = emptied(parameters, in.ResponseParameters[status])
	}
	in.Description = aws.String(w.integrationLabel())
	_, err = invoke[apigatewayv2.UpdateIntegrationOutput](ctx, w.deploy, apiGatewayV2, "UpdateIntegration", &in)
	return err
}

// emptied is want, with an empty value for each name that goes.
func emptied(have, want map[string]string) map[string]string {
	out := make(map[string]string, len(have)+len(want))
	for name := range have {
		out[name] = ""
	}
	maps.Copy(out, want)
	return out
}

// integrationLabel is the description that says whose an integration is: it has no name.
func (w *work) integrationLabel() string {
	label := "stack " + w.row.Stack + ", " + w.row.Token[:12]
	if d := w.text("Description"); d != "" {
		label = d + " (" + label + ")"
	}
	return label
}

func (w *work) responseParameters() map[string]map[string]string {
	all, _ := w.properties["ResponseParameters"].(map[string]any)
	if len(all) == 0 {
		return nil
	}
	out := map[string]map[string]string{}
	for status, v := range all {
		of, _ := v.(map[string]any)
		list, _ := of["ResponseParameters"].([]any)
		out[status] = map[string]string{}
		for _, each := range list {
			p, _ := each.(map[string]any)
			destination, _ := p["Destination"].(string)
			out[status][destination], _ = p["Source"].(string)
		}
	}
	return out
}
