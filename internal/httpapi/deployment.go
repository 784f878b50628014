package httpapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func deploymentShape(d *gateway.Deployment) types.Deployment {
	return types.Deployment{
		DeploymentId: &d.ID, AutoDeployed: &d.Auto, CreatedDate: instant(d.Created),
		DeploymentStatus: types.DeploymentStatusDeployed, Description: optional(d.Description),
	}
}

const (
	noRoutes        = "Unable to deploy API because no routes exist in this API"
	autoDescription = "Automatic deployment triggered by changes to the Api configuration"
)

// freeze takes the whole API as it is now.
func freeze(ctx context.Context, tx *store.Tx, api *API) (gateway.Definition, error) {
	h := &gateway.HTTPDefinition{CORS: api.CORS}
	d := gateway.Definition{EndpointDisabled: api.EndpointDisabled, HTTP: h}
	var err error
	if h.Routes, err = routes.List(ctx, tx, ofAPI, api.ID); err != nil {
		return d, err
	}
	if h.Integrations, err = integrations.List(ctx, tx, ofAPI, api.ID); err != nil {
		return d, err
	}
	h.Authorizers, err = authorizers.List(ctx, tx, ofAPI, api.ID)
	return d, err
}

// deploy freezes the API as it is now into a new deployment.
func (svc *Service) deploy(ctx context.Context, tx *store.Tx, call *access.Call, api *API, description string, auto bool) (*gateway.Deployment, error) {
	definition, err := freeze(ctx, tx, api)
	if err != nil {
		return nil, err
	}
	if len(definition.HTTP.Routes) == 0 {
		return nil, badRequest(noRoutes)
	}
	d := &gateway.Deployment{
		APIID: api.ID, ID: svc.chance.Identifier(gateway.PartIDLength), Description: description,
		Created: call.Time.UnixMilli(), Auto: auto, Definition: definition,
	}
	return d, deployments.Insert(ctx, tx, d)
}

// createDeployment freezes the API and, if a stage is named, lets it serve the result.
func (svc *Service) createDeployment(ctx context.Context, call *access.Call, in *apigatewayv2.CreateDeploymentInput) (*apigatewayv2.CreateDeploymentOutput, error) {
	if err := checkLength("description", text(in.Description), longestDescription); err != nil {
		return nil, err
	}
	var made *gateway.Deployment
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.ApiId)
		if err != nil {
			return err
		}
		if text(in.StageName) != "" {
			s, err := readStage(ctx, tx, call, in.ApiId, in.StageName)
			if err != nil {
				return err
			}
			if s.AutoDeploy {
				return badRequest("A deployment cannot be created for the stage %s, which has autoDeploy enabled", s.Name)
			}
		}
		if made, err = svc.deploy(ctx, tx, call, api, text(in.Description), false); err != nil || text(in.StageName) == "" {
			return err
		}
		_, err = stages.Update(ctx, tx, func(s *gateway.Stage) error {
			s.DeploymentID, s.Updated = made.ID, call.Time.UnixMilli()
			return nil
		}, api.ID, text(in.StageName))
		return err
	})
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.CreateDeploymentOutput](deploymentShape(made)), nil
}

func (svc *Service) getDeployment(ctx context.Context, call *access.Call, in *apigatewayv2.GetDeploymentInput) (*apigatewayv2.GetDeploymentOutput, error) {
	d, err := readDeployment(ctx, svc.db, call, in.ApiId, in.DeploymentId)
	if err != nil {
		return nil, err
	}
	return as[apigatewayv2.GetDeploymentOutput](deploymentShape(d)), nil
}

func (svc *Service) getDeployments(ctx context.Context, call *access.Call, in *apigatewayv2.GetDeploymentsInput) (*apigatewayv2.GetDeploymentsOutput, error) {
	items, next, err := partsOf(ctx, svc, call, list[gateway.Deployment]{"GetDeployments", ofAPIAfter, deployments, func(row *gateway.Deployment) string { return row.ID }},
		in.ApiId, in.NextToken, in.MaxResults, deploymentShape)
	if err != nil {
		return nil, err
	}
	return &apigatewayv2.GetDeploymentsOutput{Items: items, NextToken: next}, nil
}

func (svc *Service) updateDeployment(ctx context.Context, call *access.Call, in *apigatewayv2.UpdateDeploymentInput) (*apigatewayv2.UpdateDeploymentOutput, error) {
	if err := checkLength("description", text(in.Description), longestDescription); err != nil {
		return nil, err
	}
	if _, err := readDeployment(ctx, svc.db, call, in.ApiId, in.DeploymentId); err != nil {
		return nil, err
	}
	d, err := deployments.Update(ctx, svc.db, func(d *gateway.Deployment) error {
		change(&d.Description, in.Description)
		return nil
	}, text(in.ApiId), text(in.DeploymentId))
	if err != nil {
		return nil, orNotFound(err, "Deployment", text(in.DeploymentId))
	}
	return as[apigatewayv2.UpdateDeploymentOutput](deploymentShape(d)), nil
}

func (svc *Service) deleteDeployment(ctx context.Context, call *access.Call, in *apigatewayv2.DeleteDeploymentInput) (*apigatewayv2.DeleteDeploymentOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		d, err := readDeployment(ctx, tx, call, in.ApiId, in.DeploymentId)
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
	return &apigatewayv2.DeleteDeploymentOutput{}, err
}
