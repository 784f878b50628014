package restapi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// What every type answers until somebody says otherwise, as AWS shows it.
const (
	default4XX = "DEFAULT_4XX"
	default5XX = "DEFAULT_5XX"
)

var defaultTemplates = map[string]string{"application/json": `{"message":$context.error.messageString}`}

// gatewayResponseShape shows what an API answers to a kind of refusal. A type
// without a definition of its own follows that of its class, and still reports
// itself as a default, as at AWS.
func gatewayResponseShape(kind string, own map[string]*gateway.GatewayResponse) types.GatewayResponse {
	defined := own[kind]
	s := types.GatewayResponse{
		ResponseType: types.GatewayResponseType(kind), DefaultResponse: defined == nil,
		ResponseParameters: map[string]string{}, ResponseTemplates: maps.Clone(defaultTemplates),
	}
	if usual, _ := gateway.ResponseStatus(kind); usual != 0 {
		s.StatusCode = optional(strconv.Itoa(usual))
	}
	if defined == nil {
		defined = own[classOf(kind)]
	}
	if defined == nil {
		return s
	}
	if defined.Status != "" {
		s.StatusCode = optional(defined.Status)
	}
	if len(defined.Parameters) > 0 {
		s.ResponseParameters = defined.Parameters
	}
	if len(defined.Templates) > 0 {
		s.ResponseTemplates = defined.Templates
	}
	return s
}

// classOf is the type whose definition stands for those of kind; "" of the classes
// themselves, and of what cannot be answered otherwise.
func classOf(kind string) string {
	status, _ := gateway.ResponseStatus(kind)
	switch {
	case status >= 500:
		return default5XX
	case status >= 400:
		return default4XX
	}
	return ""
}

// check holds a response to what the data plane can answer.
func checkGatewayResponse(r *gateway.GatewayResponse) error {
	for contentType := range r.Templates {
		if err := checkMediaType(contentType); err != nil {
			return err
		}
	}
	return r.Check()
}

// putGatewayResponse defines a type, in the place of what was said of it before.
func (svc *Service) putGatewayResponse(ctx context.Context, call *access.Call, in *apigateway.PutGatewayResponseInput) (*apigateway.PutGatewayResponseOutput, error) {
	made := &gateway.GatewayResponse{
		APIID: text(in.RestApiId), Type: string(in.ResponseType), Status: text(in.StatusCode),
		Parameters: in.ResponseParameters, Templates: in.ResponseTemplates,
	}
	if err := checkGatewayResponse(made); err != nil {
		return nil, err
	}
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, in.RestApiId); err != nil {
			return err
		}
		return storeGatewayResponse(ctx, tx, made)
	})
	if err != nil {
		return nil, err
	}
	shape := gatewayResponseShape(made.Type, map[string]*gateway.GatewayResponse{made.Type: made})
	return as[apigateway.PutGatewayResponseOutput](shape), nil
}

func storeGatewayResponse(ctx context.Context, tx *store.Tx, r *gateway.GatewayResponse) error {
	_, err := gatewayResponses.Update(ctx, tx, func(row *gateway.GatewayResponse) error { *row = *r; return nil }, r.APIID, r.Type)
	if errors.Is(err, store.ErrNotFound) {
		return gatewayResponses.Insert(ctx, tx, r)
	}
	return err
}

// ownResponses are the definitions of an API, by type.
func ownResponses(ctx context.Context, s store.Session, apiID string) (map[string]*gateway.GatewayResponse, error) {
	rows, err := gatewayResponses.List(ctx, s, responsesOfAPI, apiID)
	own := map[string]*gateway.GatewayResponse{}
	for _, r := range rows {
		own[r.Type] = r
	}
	return own, err
}

func (svc *Service) getGatewayResponse(ctx context.Context, call *access.Call, in *apigateway.GetGatewayResponseInput) (*apigateway.GetGatewayResponseOutput, error) {
	api, err := readAPI(ctx, svc.db, call, in.RestApiId)
	if err != nil {
		return nil, err
	}
	own, err := ownResponses(ctx, svc.db, api.ID)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetGatewayResponseOutput](gatewayResponseShape(string(in.ResponseType), own)), nil
}

// getGatewayResponses shows all types, those with a definition of their own or
// not. As at AWS, all stand on one page unless a limit is given.
func (svc *Service) getGatewayResponses(ctx context.Context, call *access.Call, in *apigateway.GetGatewayResponsesInput) (*apigateway.GetGatewayResponsesOutput, error) {
	api, err := readAPI(ctx, svc.db, call, in.RestApiId)
	if err != nil {
		return nil, err
	}
	page, err := svc.page("GetGatewayResponses", api.ID, in.Position, in.Limit)
	if err != nil {
		return nil, err
	}
	own, err := ownResponses(ctx, svc.db, api.ID)
	if err != nil {
		return nil, err
	}
	kinds := gateway.ResponseTypes()
	first, found := slices.BinarySearch(kinds, page.After)
	if found {
		first++
	}
	var shapes []*types.GatewayResponse
	for _, kind := range kinds[first:] {
		s := gatewayResponseShape(kind, own)
		shapes = append(shapes, &s)
	}
	out := &apigateway.GetGatewayResponsesOutput{Items: []types.GatewayResponse{}}
	shapes, out.Position = awsapi.Turn(page, shapes, func(s *types.GatewayResponse) string { return string(s.ResponseType) })
	for _, s := range shapes {
		out.Items = append(out.Items, *s)
	}
	return out, nil
}

// updateGatewayResponse changes what is said of a type; one of which nothing was
// said gets a definition of its own, which begins as what it answered until now.
func (svc *Service) updateGatewayResponse(ctx context.Context, call *access.Call, in *apigateway.UpdateGatewayResponseInput) (*apigateway.UpdateGatewayResponseOutput, error) {
	kind := string(in.ResponseType)
	var own map[string]*gateway.GatewayResponse
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		if own, err = ownResponses(ctx, tx, api.ID); err != nil {
			return err
		}
		changed := &gateway.GatewayResponse{APIID: api.ID, Type: kind}
		if before := own[kind]; before != nil {
			*changed = *before
		} else if class := own[classOf(kind)]; class != nil {
			changed.Status, changed.Parameters, changed.Templates = class.Status, maps.Clone(class.Parameters), maps.Clone(class.Templates)
		}
		if err := gatewayResponsePatch(changed).applyTersely(in.PatchOperations); err != nil {
			return err
		}
		if err := checkGatewayResponse(changed); err != nil {
			return err
		}
		own[kind] = changed
		return storeGatewayResponse(ctx, tx, changed)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateGatewayResponseOutput](gatewayResponseShape(kind, own)), nil
}

func gatewayResponsePatch(r *gateway.GatewayResponse) patch {
	return patch{
		{path: "/statusCode", replace: setText(&r.Status)},
		known(entries("/responseParameters/*", &r.Parameters, noParameter), &r.Parameters, noParameter).filled("responseParameters"),
		entries("/responseTemplates/*", &r.Templates, noContentType).filled("responseTemplates"),
	}
}

// deleteGatewayResponse gives a type back to what it answers by default.
func (svc *Service) deleteGatewayResponse(ctx context.Context, call *access.Call, in *apigateway.DeleteGatewayResponseInput) (*apigateway.DeleteGatewayResponseOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		return orNotFound(gatewayResponses.Delete(ctx, tx, api.ID, string(in.ResponseType)), "Gateway response type not defined on api")
	})
	return &apigateway.DeleteGatewayResponseOutput{}, err
}
