package httpapi

import (
	"context"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/gateway"
)

// What AWS has and Sallyport has not, so that clients hear it from the operation
// that they called:
//
//	no     to make or use such a thing is not supported: BadRequestException
//	gone   none was ever made, so the one that is named is not there: NotFoundException
//	none   the list of all is empty. That is the truth, and clients that tidy up
//	       an account ask for these lists first
const (
	models               = "models, which only WebSocket APIs have"
	routeResponses       = "route responses, which only WebSocket APIs have"
	integrationResponses = "integration responses, which only WebSocket APIs have"
	requestParameters    = "request parameters of routes, which only WebSocket APIs have"
	imports              = "importing an API"
	exports              = "exporting an API"
	vpcLinks             = "VPC links"
	domains              = "custom domain names"
	portals              = "developer portals"
)

const (
	noVPCLink = "Invalid Vpc Link identifier specified"
	noDomain  = "Invalid domain name identifier specified"
	noPortal  = "Invalid portal identifier specified"
	noProduct = "Invalid portal product identifier specified"
)

func no[In, Out any](operation, what string) awsapi.Handler[In, Out] {
	return func(context.Context, *access.Call, *In) (*Out, error) {
		return nil, gateway.Unsupported("The operation " + operation + " (" + what + ")")
	}
}

func gone[In, Out any](message string) awsapi.Handler[In, Out] {
	return func(context.Context, *access.Call, *In) (*Out, error) { return nil, notFound("%s", message) }
}

func none[In, Out any](empty *Out) awsapi.Handler[In, Out] {
	return func(context.Context, *access.Call, *In) (*Out, error) {
		own := *empty
		return &own, nil
	}
}
