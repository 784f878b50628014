package httpapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// deployChange deploys the API to those of its stages that deploy by themselves.
// It runs in the transaction that changes the API: what a client has been told is
// done is served, and what it has been told is refused is not.
//
// AWS keeps each of these deployments. Here those that no stage serves any longer
// are removed: an API of a thousand routes, made by a template, would leave a
// thousand copies of itself.
func (svc *Service) deployChange(ctx context.Context, tx *store.Tx, call *access.Call, api *API) error {
	all, err := stages.List(ctx, tx, stagesOfAPI, api.ID)
	if err != nil {
		return err
	}
	var names []string
	for _, s := range all {
		if s.AutoDeploy {
			names = append(names, s.Name)
		}
	}
	return svc.deployTo(ctx, tx, call, api, names...)
}

// deployTo makes one deployment for all named stages. If it cannot be made, which
// is when the API has no route left, the stages say so and serve nothing: a route
// that was deleted must not live on.
func (svc *Service) deployTo(ctx context.Context, tx *store.Tx, call *access.Call, api *API, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	made, err := svc.deploy(ctx, tx, call, api, autoDescription, true)
	refused, ok := errors.AsType[*types.BadRequestException](err)
	if err != nil && !ok {
		return err
	}
	for _, name := range names {
		before := ""
		_, err := stages.Update(ctx, tx, func(s *gateway.Stage) error {
			before, s.Updated = s.DeploymentID, call.Time.UnixMilli()
			if refused != nil {
				s.DeploymentID, s.LastStatus = "", "Deployment attempt failed: "+refused.ErrorMessage()
				return nil
			}
			s.DeploymentID, s.LastStatus = made.ID, fmt.Sprintf("Successfully deployed stage with deployment ID '%s'", made.ID)
			return nil
		}, api.ID, name)
		if err != nil {
			return err
		}
		if err := forget(ctx, tx, api.ID, before); err != nil {
			return err
		}
	}
	return nil
}

// forget removes a deployment that a stage made by itself and none serves any longer.
func forget(ctx context.Context, tx *store.Tx, apiID, deploymentID string) error {
	if deploymentID == "" {
		return nil
	}
	if n, err := stages.Count(ctx, tx, stagesServing, apiID, deploymentID); err != nil || n > 0 {
		return err
	}
	d, err := deployments.Get(ctx, tx, apiID, deploymentID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || !d.Auto {
		return err
	}
	return deployments.Delete(ctx, tx, apiID, deploymentID)
}
