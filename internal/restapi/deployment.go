package restapi

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func deploymentShape(d *gateway.Deployment, summary bool) types.Deployment {
	s := types.Deployment{Id: &d.ID, Description: optional(d.Description), CreatedDate: instant(d.Created)}
	if !summary {
		return s
	}
	for _, r := range d.Definition.Resources {
		for verb, m := range r.Methods {
			setEntry(&s.ApiSummary, r.Path, s.ApiSummary[r.Path])
			methods := s.ApiSummary[r.Path]
			setEntry(&methods, verb, types.MethodSnapshot{AuthorizationType: &m.Authorization})
			s.ApiSummary[r.Path] = methods
		}
	}
	return s
}

// freeze takes the whole API as it is now. A method that nothing stands behind
// is refused, with the words of AWS.
func freeze(ctx context.Context, tx *store.Tx, api *API) (gateway.Definition, error) {
	d := gateway.Definition{BinaryMediaTypes: api.BinaryMediaTypes, EndpointDisabled: api.EndpointDisabled, Policy: api.Policy}
	var err error
	if d.Resources, err = resources.List(ctx, tx, ofAPI, api.ID); err != nil {
		return d, err
	}
	if d.Authorizers, err = authorizers.List(ctx, tx, ofAPI, api.ID); err != nil {
		return d, err
	}
	if d.Responses, err = gatewayResponses.List(ctx, tx, responsesOfAPI, api.ID); err != nil {
		return d, err
	}
	methods := 0
	for _, r := range d.Resources {
		for _, m := range r.Methods {
			if m.Integration == nil {
				return d, badRequest("No integration defined for method")
			}
			methods++
		}
	}
	if methods == 0 {
		return d, badRequest("The REST API doesn't contain any methods")
	}
	return d, nil
}

// createDeployment freezes the API and, if a stage is named, lets it serve the result.
func (svc *Service) createDeployment(ctx context.Context, call *access.Call, in *apigateway.CreateDeploymentInput) (*apigateway.CreateDeploymentOutput, error) {
	name := text(in.StageName)
	if err := firstRefusal(
		refusalIf{in.CanarySettings != nil, "A canary (canarySettings)"},
		refusalIf{in.CacheClusterEnabled != nil && *in.CacheClusterEnabled || in.CacheClusterSize != "", "A cache cluster (cacheClusterEnabled)"},
		refusalIf{in.TracingEnabled != nil && *in.TracingEnabled, "X-Ray tracing (tracingEnabled)"},
	); err != nil {
		return nil, err
	}
	if name == "" && (text(in.StageDescription) != "" || len(in.Variables) > 0) {
		return nil, badRequest("Stage name must be specified when a stage description or variables are given")
	}
	if name != "" {
		if err := checkStageName(name); err != nil {
			return nil, err
		}
	}
	if err := gateway.CheckVariables(in.Variables); err != nil {
		return nil, err
	}
	var made *gateway.Deployment
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		definition, err := freeze(ctx, tx, api)
		if err != nil {
			return err
		}
		made = &gateway.Deployment{
			APIID: api.ID, ID: svc.chance.Identifier(gateway.PartIDLength), Description: text(in.Description),
			Created: call.Time.UnixMilli(), Definition: definition,
		}
		if err := deployments.Insert(ctx, tx, made); err != nil || name == "" {
			return err
		}
		return serveFromStage(ctx, tx, call, api, made, in)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.CreateDeploymentOutput](deploymentShape(made, false)), nil
}

// serveFromStage points the stage that CreateDeployment names at the new
// deployment, making the stage if it is not there.
func serveFromStage(ctx context.Context, tx *store.Tx, call *access.Call, api *API, d *gateway.Deployment, in *apigateway.CreateDeploymentInput) error {
	name, now := text(in.StageName), call.Time.UnixMilli()
	_, err := stages.Update(ctx, tx, func(s *gateway.Stage) error {
		s.DeploymentID, s.Updated = d.ID, now
		if in.StageDescription != nil {
			s.Description = *in.StageDescription
		}
		if in.Variables != nil {
			s.Variables = in.Variables
		}
		return nil
	}, api.ID, name)
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return insertStage(ctx, tx, &gateway.Stage{
		APIID: api.ID, Name: name, Region: api.Region, DeploymentID: d.ID, Description: text(in.StageDescription),
		Variables: in.Variables, Created: now, Updated: now,
	})
}

func (svc *Service) getDeployment(ctx context.Context, call *access.Call, in *apigateway.GetDeploymentInput) (*apigateway.GetDeploymentOutput, error) {
	summary := false
	for _, e := range in.Embed {
		if e != "apisummary" {
			return nil, badRequest("Invalid embed value: %s. Must be one of: apisummary", e)
		}
		summary = true
	}
	d, err := readDeployment(ctx, svc.db, call, in.RestApiId, in.DeploymentId)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetDeploymentOutput](deploymentShape(d, summary)), nil
}

func (svc *Service) getDeployments(ctx context.Context, call *access.Call, in *apigateway.GetDeploymentsInput) (*apigateway.GetDeploymentsOutput, error) {
	items, position, err := partsOf(ctx, svc, call, list[gateway.Deployment]{"GetDeployments", deployments, func(row *gateway.Deployment) string { return row.ID }},
		in.RestApiId, in.Position, in.Limit, func(d *gateway.Deployment) types.Deployment { return deploymentShape(d, false) })
	if err != nil {
		return nil, err
	}
	return &apigateway.GetDeploymentsOutput{Items: items, Position: position}, nil
}

func (svc *Service) updateDeployment(ctx context.Context, call *access.Call, in *apigateway.UpdateDeploymentInput) (*apigateway.UpdateDeploymentOutput, error) {
	if _, err := readDeployment(ctx, svc.db, call, in.RestApiId, in.DeploymentId); err != nil {
		return nil, err
	}
	d, err := deployments.Update(ctx, svc.db, func(d *gateway.Deployment) error {
		return patch{{path: "/description", replace: setText(&d.Description)}}.apply(in.PatchOperations)
	}, text(in.RestApiId), text(in.DeploymentId))
	if err != nil {
		return nil, orNotFound(err, "Invalid Deployment identifier specified")
	}
	return as[apigateway.UpdateDeploymentOutput](deploymentShape(d, false)), nil
}

func (svc *Service) deleteDeployment(ctx context.Context, call *access.Call, in *apigateway.DeleteDeploymentInput) (*apigateway.DeleteDeploymentOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, in.RestApiId); err != nil {
			return err
		}
		d, err := readDeployment(ctx, tx, call, in.RestApiId, in.DeploymentId)
		if err != nil {
			return err
		}
		if n, err := stages.Count(ctx, tx, stagesServing, d.APIID, d.ID); err != nil {
			return err
		} else if n > 0 {
			return badRequest("Active stages pointing to this deployment must be moved or deleted")
		}
		return deployments.Delete(ctx, tx, d.APIID, d.ID)
	})
	return &apigateway.DeleteDeploymentOutput{}, err
}
