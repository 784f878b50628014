package gateway

import (
	"context"
	"errors"
	"maps"

	"github.com/sallyport/sallyport/internal/store"
)

// snapshot is everything that the data plane serves, by API id. It is never
// changed: a change makes a new one that shares what stayed the same.
type snapshot map[string]*liveAPI

type liveAPI struct {
	region string
	http   bool
	stages map[string]*stage
}

// follow brings the snapshot up to date with the stages that changed.
func (g *Gateway) follow(ctx context.Context, reload bool, changes []store.Change) error {
	if reload {
		rows, err := Stages.List(ctx, g.db, "")
		if err != nil {
			return err
		}
		next := snapshot{}
		for _, row := range rows {
			if err := g.raise(ctx, next, row); err != nil {
				return err
			}
		}
		g.live.Store(&next)
		g.throttles.Keep(next.has)
		return nil
	}
	next := maps.Clone(*g.live.Load())
	for _, change := range changes {
		if len(change.Key) != 2 {
			continue
		}
		apiID, name := change.Key[0], change.Key[1]
		row, err := Stages.Get(ctx, g.db, apiID, name)
		switch {
		case errors.Is(err, store.ErrNotFound):
			next.drop(apiID, name)
			g.throttles.Drop(apiID, name)
		case err != nil:
			return err
		default:
			if err := g.raise(ctx, next, row); err != nil {
				return err
			}
		}
	}
	g.live.Store(&next)
	return nil
}

// raise compiles a stage and puts it into s. A stage whose deployment is gone
// serves nothing; one of an HTTP API, to which nothing was deployed, has no routes.
func (g *Gateway) raise(ctx context.Context, s snapshot, row *Stage) error {
	d, err := Deployments.Get(ctx, g.db, row.APIID, row.DeploymentID)
	if row.HTTP && row.DeploymentID == "" {
		d, err = &Deployment{}, nil
	}
	if errors.Is(err, store.ErrNotFound) {
		s.drop(row.APIID, row.Name)
		g.throttles.Drop(row.APIID, row.Name)
		return nil
	}
	if err != nil {
		return err
	}
	next := &liveAPI{region: row.Region, http: row.HTTP, stages: map[string]*stage{}}
	if before := s[row.APIID]; before != nil {
		maps.Copy(next.stages, before.stages)
	}
	next.stages[row.Name] = g.compile(row, &d.Definition)
	s[row.APIID] = next
	return nil
}

func (s snapshot) has(apiID, stage string) bool {
	api := s[apiID]
	return api != nil && api.stages[stage] != nil
}

func (s snapshot) drop(apiID, name string) {
	before := s[apiID]
	if before == nil {
		return
	}
	next := &liveAPI{region: before.region, http: before.http, stages: maps.Clone(before.stages)}
	delete(next.stages, name)
	if s[apiID] = next; len(next.stages) == 0 {
		delete(s, apiID)
	}
}
