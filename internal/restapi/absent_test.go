package restapi_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// Every operation on what is not there, called by the client with all that it
// requires: none may answer as if it had done something.
func TestWhatIsNotThereSaysSo(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	client := reflect.ValueOf(w.client)
	called := 0
	for i := range client.NumMethod() {
		name := client.Type().Method(i).Name
		want, absent := absent[name]
		if !absent {
			continue
		}
		called++
		in := reflect.New(client.Method(i).Type().In(1).Elem())
		fillTexts(in.Elem(), a.id)
		results := client.Method(i).Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
		err, _ := results[1].Interface().(error)
		code, message, _ := strings.Cut(want, ": ")
		t.Run(name, func(t *testing.T) {
			if want != "" {
				expectError(t, err, code, message)
				return
			}
			must(t, err)
			if items := results[0].Elem().FieldByName("Items"); items.Len() != 0 {
				t.Errorf("%d items", items.Len())
			}
		})
	}
	if called != len(absent) {
		t.Errorf("%d of %d called", called, len(absent))
	}
}

// fillTexts sets what the client will not go without.
func fillTexts(in reflect.Value, apiID string) {
	for i := range in.NumField() {
		f := in.Field(i)
		if !in.Type().Field(i).IsExported() {
			continue
		}
		switch v := f.Addr().Interface().(type) {
		case **string:
			*v = aws.String("x")
			if in.Type().Field(i).Name == "RestApiId" {
				*v = &apiID
			}
		case *[]byte:
			*v = []byte("{}")
		case *[]string:
			*v = []string{"x"}
		case **types.DocumentationPartLocation:
			*v = &types.DocumentationPartLocation{Type: types.DocumentationPartTypeApi}
		default:
			if f.Kind() == reflect.String && in.Type().Field(i).Name != "Mode" {
				f.SetString("x")
			}
		}
		switch in.Type().Field(i).Name {
		case "Limit", "Position":
			f.SetZero()
		}
	}
}

// absent is what each answers; "" for an empty list.
var absent = map[string]string{
	"CreateApiKey": "BadRequestException: The operation CreateApiKey (API keys) is not supported by Sallyport yet",
	"GetApiKey":    "NotFoundException: Invalid API Key identifier specified", "UpdateApiKey": "NotFoundException: Invalid API Key identifier specified",
	"DeleteApiKey": "NotFoundException: Invalid API Key identifier specified", "GetApiKeys": "",
	"ImportApiKeys":   "BadRequestException: The operation ImportApiKeys (API keys) is not supported by Sallyport yet",
	"CreateUsagePlan": "BadRequestException: The operation CreateUsagePlan (usage plans) is not supported by Sallyport yet",
	"GetUsagePlan":    "NotFoundException: Invalid Usage Plan ID specified", "GetUsagePlans": "",
	"UpdateUsagePlan": "NotFoundException: Invalid Usage Plan ID specified", "DeleteUsagePlan": "NotFoundException: Invalid Usage Plan ID specified",
	"CreateUsagePlanKey": "BadRequestException: The operation CreateUsagePlanKey (usage plans)", "GetUsagePlanKey": "NotFoundException: Invalid Usage Plan ID specified",
	"GetUsagePlanKeys": "NotFoundException: Invalid Usage Plan ID specified", "DeleteUsagePlanKey": "NotFoundException: Invalid Usage Plan ID specified",
	"GetUsage": "NotFoundException: Invalid Usage Plan ID specified", "UpdateUsage": "NotFoundException: Invalid Usage Plan ID specified",
	"CreateDomainName": "BadRequestException: The operation CreateDomainName (custom domain names)", "GetDomainName": "NotFoundException: Invalid domain name identifier specified",
	"GetDomainNames": "", "UpdateDomainName": "NotFoundException: Invalid domain name", "DeleteDomainName": "NotFoundException: Invalid domain name",
	"CreateBasePathMapping": "BadRequestException: The operation CreateBasePathMapping (custom domain names)", "GetBasePathMapping": "NotFoundException: Invalid domain name",
	"GetBasePathMappings": "NotFoundException: Invalid domain name", "UpdateBasePathMapping": "NotFoundException: Invalid domain name", "DeleteBasePathMapping": "NotFoundException: Invalid domain name",
	"CreateDomainNameAccessAssociation": "BadRequestException: The operation CreateDomainNameAccessAssociation (custom domain names)", "GetDomainNameAccessAssociations": "",
	"DeleteDomainNameAccessAssociation": "NotFoundException: Invalid domain name access", "RejectDomainNameAccessAssociation": "BadRequestException: The operation RejectDomainNameAccessAssociation",
	"CreateModel": "BadRequestException: The operation CreateModel (models) is not supported", "GetModel": "NotFoundException: Invalid model name specified: x",
	"UpdateModel": "BadRequestException: The operation UpdateModel (models)", "DeleteModel": "BadRequestException: The operation DeleteModel (models)", "GetModelTemplate": "BadRequestException: The operation GetModelTemplate (models)",
	"CreateRequestValidator": "BadRequestException: The operation CreateRequestValidator (request validators)", "GetRequestValidator": "NotFoundException: Invalid Request Validator identifier specified",
	"GetRequestValidators": "", "UpdateRequestValidator": "NotFoundException: Invalid Request Validator", "DeleteRequestValidator": "NotFoundException: Invalid Request Validator",
	"CreateVpcLink": "BadRequestException: The operation CreateVpcLink (VPC links)", "GetVpcLink": "NotFoundException: Invalid Vpc Link identifier specified", "GetVpcLinks": "",
	"UpdateVpcLink": "NotFoundException: Invalid Vpc Link", "DeleteVpcLink": "NotFoundException: Invalid Vpc Link",
	"GenerateClientCertificate": "BadRequestException: The operation GenerateClientCertificate (client certificates)", "GetClientCertificate": "NotFoundException: Invalid Client Certificate identifier specified",
	"GetClientCertificates": "", "UpdateClientCertificate": "NotFoundException: Invalid Client Certificate", "DeleteClientCertificate": "NotFoundException: Invalid Client Certificate",
	"CreateDocumentationPart": "BadRequestException: The operation CreateDocumentationPart (documentation)", "GetDocumentationPart": "NotFoundException: Invalid Documentation part", "GetDocumentationParts": "",
	"UpdateDocumentationPart": "NotFoundException: Invalid Documentation part", "DeleteDocumentationPart": "NotFoundException: Invalid Documentation part",
	"ImportDocumentationParts": "BadRequestException: The operation ImportDocumentationParts (documentation)", "CreateDocumentationVersion": "BadRequestException: The operation CreateDocumentationVersion (documentation)",
	"GetDocumentationVersion": "NotFoundException: Invalid Documentation version", "GetDocumentationVersions": "", "UpdateDocumentationVersion": "NotFoundException: Invalid Documentation version",
	"DeleteDocumentationVersion": "NotFoundException: Invalid Documentation version",
	"ImportRestApi":              "BadRequestException: The operation ImportRestApi (importing an API) is not supported by Sallyport yet", "PutRestApi": "BadRequestException: The operation PutRestApi (importing an API)",
	"GetExport": "BadRequestException: The operation GetExport (exporting an API)", "GetSdk": "BadRequestException: The operation GetSdk (generating SDKs)",
	"GetSdkType": "BadRequestException: The operation GetSdkType (generating SDKs)", "GetSdkTypes": "BadRequestException: The operation GetSdkTypes (generating SDKs)",
	"FlushStageCache": "BadRequestException: The operation FlushStageCache (caching of answers)", "TestInvokeMethod": "BadRequestException: The operation TestInvokeMethod (trying a method without a deployment)",
}

func TestTheTwoModelsOfEachAPI(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	all, err := w.client.GetModels(t.Context(), &apigateway.GetModelsInput{RestApiId: &a.id})
	must(t, err)
	if len(all.Items) != 2 || *all.Items[0].Name != "Empty" || *all.Items[1].Name != "Error" {
		t.Errorf("%+v", all.Items)
	}
	got, err := w.client.GetModel(t.Context(), &apigateway.GetModelInput{RestApiId: &a.id, ModelName: aws.String("Error")})
	must(t, err)
	if *got.ContentType != "application/json" || !strings.Contains(*got.Schema, "Error Schema") {
		t.Errorf("%+v", got)
	}
	for name, call := range map[string]func() error{
		"models": func() error {
			_, err := w.client.GetModels(t.Context(), &apigateway.GetModelsInput{RestApiId: aws.String("none99")})
			return err
		},
		"validators": func() error {
			_, err := w.client.GetRequestValidators(t.Context(), &apigateway.GetRequestValidatorsInput{RestApiId: aws.String("none99")})
			return err
		},
	} {
		t.Run(name+" of no API", func(t *testing.T) {
			expectError(t, call(), "NotFoundException", "Invalid API identifier specified 000000000000:none99")
		})
	}
}
