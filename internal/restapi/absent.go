package restapi

import (
	"context"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// What AWS has and Sallyport has not, so that clients hear it from the operation
// that they called:
//
//	no     to make or use such a thing is not supported: BadRequestException
//	gone   none was ever made, so the one that is named is not there: NotFoundException
//	none   the list of all is empty. That is the truth, and clients ask for these
//	       lists before they change or delete what is there
const (
	apiKeys       = "API keys"
	usagePlans    = "usage plans"
	domains       = "custom domain names"
	models        = "models"
	validators    = "request validators"
	vpcLinks      = "VPC links"
	certificates  = "client certificates"
	documentation = "documentation"
	imports       = "importing an API"
	exports       = "exporting an API"
	sdks          = "generating SDKs"
	caching       = "caching of answers"
	methodTrials  = "trying a method without a deployment"
)

const (
	noAPIKey               = "Invalid API Key identifier specified"
	noUsagePlan            = "Invalid Usage Plan ID specified"
	noDomain               = "Invalid domain name identifier specified"
	noAssociation          = "Invalid domain name access association specified"
	noModel                = "Invalid model name specified: "
	noValidator            = "Invalid Request Validator identifier specified"
	noVPCLink              = "Invalid Vpc Link identifier specified"
	noCertificate          = "Invalid Client Certificate identifier specified"
	noDocumentationPart    = "Invalid Documentation part identifier specified"
	noDocumentationVersion = "Invalid Documentation version identifier specified"
)

func no[In, Out any](operation, what string) awsapi.Handler[In, Out] {
	return func(context.Context, *access.Call, *In) (*Out, error) {
		return nil, unsupported("The operation " + operation + " (" + what + ")")
	}
}

func gone[In, Out any](svc *Service, message string) awsapi.Handler[In, Out] {
	return func(ctx context.Context, call *access.Call, in *In) (*Out, error) {
		if err := svc.belongs(ctx, call, in); err != nil {
			return nil, err
		}
		return nil, notFound(message)
	}
}

func none[In, Out any](svc *Service, empty *Out) awsapi.Handler[In, Out] {
	return func(ctx context.Context, call *access.Call, in *In) (*Out, error) {
		if err := svc.belongs(ctx, call, in); err != nil {
			return nil, err
		}
		own := *empty
		return &own, nil
	}
}

// belongs says NotFoundException if in names an API that is not there.
func (svc *Service) belongs(ctx context.Context, call *access.Call, in any) error {
	id := reflect.ValueOf(in).Elem().FieldByName("RestApiId")
	if !id.IsValid() {
		return nil
	}
	_, err := readAPI(ctx, svc.db, call, id.Interface().(*string))
	return err
}

// everyModel are the two models that each API has, and that methods can name.
// They hold nobody to anything: the data plane validates no body.
func everyModel() []types.Model {
	return []types.Model{
		{
			Id: aws.String("empty0"), Name: aws.String("Empty"), ContentType: aws.String("application/json"),
			Description: aws.String("This is a default empty schema model"),
			Schema:      aws.String("{\n  \"$schema\": \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Empty Schema\",\n  \"type\" : \"object\"\n}"),
		},
		{
			Id: aws.String("error0"), Name: aws.String("Error"), ContentType: aws.String("application/json"),
			Description: aws.String("This is a default error schema model"),
			Schema:      aws.String("{\n  \"$schema\" : \"http://json-schema.org/draft-04/schema#\",\n  \"title\" : \"Error Schema\",\n  \"type\" : \"object\",\n  \"properties\" : {\n    \"message\" : { \"type\" : \"string\" }\n  }\n}"),
		},
	}
}

func (svc *Service) getModels(ctx context.Context, call *access.Call, in *apigateway.GetModelsInput) (*apigateway.GetModelsOutput, error) {
	if _, err := readAPI(ctx, svc.db, call, in.RestApiId); err != nil {
		return nil, err
	}
	return &apigateway.GetModelsOutput{Items: everyModel()}, nil
}

func (svc *Service) getModel(ctx context.Context, call *access.Call, in *apigateway.GetModelInput) (*apigateway.GetModelOutput, error) {
	if _, err := readAPI(ctx, svc.db, call, in.RestApiId); err != nil {
		return nil, err
	}
	for _, m := range everyModel() {
		if *m.Name == text(in.ModelName) {
			return as[apigateway.GetModelOutput](m), nil
		}
	}
	return nil, notFound(noModel + text(in.ModelName))
}
