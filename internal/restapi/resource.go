package restapi

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

func resourceShape(r *gateway.Resource, withMethods bool) types.Resource {
	s := types.Resource{Id: &r.ID, ParentId: optional(r.ParentID), PathPart: optional(r.PathPart), Path: &r.Path}
	for verb, m := range r.Methods {
		var method types.Method // AWS lists the verbs, each with {}, unless asked to embed
		if withMethods {
			method = methodShape(m, verb)
		}
		setEntry(&s.ResourceMethods, verb, method)
	}
	return s
}

// pathPart is what AWS lets a path part be: plain text, or one whole variable.
var pathPart = regexp.MustCompile(`^(?:[a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\})$`)

func checkPathPart(part string) error {
	// A part of dots alone could never be reached: such segments match no route.
	if !pathPart.MatchString(part) || part == "." || part == ".." {
		return badRequest("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.")
	}
	return nil
}

// checkPlace says whether a part may hang below parent, beside siblings. self
// is the id of the resource that moves, "" for a new one.
func checkPlace(parent *gateway.Resource, part string, siblings []*gateway.Resource, self string) error {
	if _, greedy, ok := gateway.Variable(parent.PathPart); ok && greedy {
		return badRequest("Cannot create a child of a resource with a greedy path variable: %s", parent.PathPart)
	}
	name, _, isVariable := gateway.Variable(part)
	if isVariable && slices.Contains(gateway.PathVariables(parent.Path), name) {
		return badRequest("Resource path contains a variable more than once: %s", name)
	}
	for _, sibling := range siblings {
		if sibling.ID == self {
			continue
		}
		if sibling.PathPart == part {
			return conflict("Another resource with the same parent already has this name: %s", part)
		}
		if _, _, other := gateway.Variable(sibling.PathPart); isVariable && other {
			return badRequest("A sibling (%s) of this resource already has a variable path part -- only one is allowed", sibling.PathPart)
		}
	}
	return nil
}

func join(parent, part string) string {
	if parent == "/" {
		return "/" + part
	}
	return parent + "/" + part
}

func (svc *Service) createResource(ctx context.Context, call *access.Call, in *apigateway.CreateResourceInput) (*apigateway.CreateResourceOutput, error) {
	part := text(in.PathPart)
	if err := checkPathPart(part); err != nil {
		return nil, err
	}
	var made *gateway.Resource
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		parent, err := readResource(ctx, tx, call, in.RestApiId, in.ParentId)
		if err != nil {
			return err
		}
		if n, err := resources.Count(ctx, tx, everythingOfAPI, api.ID); err != nil {
			return err
		} else if n >= maxResources {
			return limitExceeded("Maximum number of resources for this API has been reached (%d)", maxResources)
		}
		siblings, err := resources.List(ctx, tx, childrenOf, api.ID, parent.ID)
		if err != nil {
			return err
		}
		if err := checkPlace(parent, part, siblings, ""); err != nil {
			return err
		}
		made = &gateway.Resource{APIID: api.ID, ID: svc.chance.Identifier(gateway.PartIDLength), ParentID: parent.ID, PathPart: part, Path: join(parent.Path, part)}
		return resources.Insert(ctx, tx, made)
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.CreateResourceOutput](resourceShape(made, false)), nil
}

// embedsMethods reads the embed list: AWS knows only "methods".
func embedsMethods(embed []string) (bool, error) {
	for _, e := range embed {
		if e != "methods" {
			return false, badRequest("Invalid embed value: %s. Must be one of: methods", e)
		}
	}
	return len(embed) > 0, nil
}

func (svc *Service) getResource(ctx context.Context, call *access.Call, in *apigateway.GetResourceInput) (*apigateway.GetResourceOutput, error) {
	embed, err := embedsMethods(in.Embed)
	if err != nil {
		return nil, err
	}
	r, err := readResource(ctx, svc.db, call, in.RestApiId, in.ResourceId)
	if err != nil {
		return nil, err
	}
	return as[apigateway.GetResourceOutput](resourceShape(r, embed)), nil
}

func (svc *Service) getResources(ctx context.Context, call *access.Call, in *apigateway.GetResourcesInput) (*apigateway.GetResourcesOutput, error) {
	embed, err := embedsMethods(in.Embed)
	if err != nil {
		return nil, err
	}
	items, position, err := partsOf(ctx, svc, call, list[gateway.Resource]{"GetResources", resources, func(row *gateway.Resource) string { return row.ID }},
		in.RestApiId, in.Position, in.Limit, func(r *gateway.Resource) types.Resource { return resourceShape(r, embed) })
	if err != nil {
		return nil, err
	}
	return &apigateway.GetResourcesOutput{Items: items, Position: position}, nil
}

// updateResource renames a resource or moves it, and everything below it.
func (svc *Service) updateResource(ctx context.Context, call *access.Call, in *apigateway.UpdateResourceInput) (*apigateway.UpdateResourceOutput, error) {
	var changed *gateway.Resource
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		r, err := readResource(ctx, tx, call, in.RestApiId, in.ResourceId)
		if err != nil {
			return err
		}
		part, parentID := r.PathPart, r.ParentID
		if err := (patch{{path: "/pathPart", replace: setText(&part)}, {path: "/parentId", replace: setText(&parentID)}}).apply(in.PatchOperations); err != nil {
			return err
		}
		changed = r
		if part == r.PathPart && parentID == r.ParentID {
			return nil
		}
		if r.ID == api.RootID {
			what := "pathPart"
			if part == r.PathPart {
				what = "parentId"
			}
			return badRequest("Root resource cannot update its %s.", what)
		}
		if err := checkPathPart(part); err != nil {
			return err
		}
		all, err := resources.List(ctx, tx, ofAPI, api.ID)
		if err != nil {
			return err
		}
		changed, err = move(ctx, tx, all, r.ID, parentID, part)
		return err
	})
	if err != nil {
		return nil, err
	}
	return as[apigateway.UpdateResourceOutput](resourceShape(changed, false)), nil
}

// move writes the resource id below its new parent, and the new paths of all below it.
func move(ctx context.Context, tx *store.Tx, all []*gateway.Resource, id, parentID, part string) (*gateway.Resource, error) {
	byID, children := map[string]*gateway.Resource{}, map[string][]*gateway.Resource{}
	for _, r := range all {
		byID[r.ID] = r
		children[r.ParentID] = append(children[r.ParentID], r)
	}
	parent := byID[parentID]
	if parent == nil {
		return nil, notFound(noResource)
	}
	for up := parent; up != nil; up = byID[up.ParentID] {
		if up.ID == id {
			return nil, badRequest("Resources cannot be cyclical.")
		}
	}
	if _, greedy, ok := gateway.Variable(part); ok && greedy && len(children[id]) > 0 {
		return nil, badRequest("A greedy path variable cannot have resources below it: %s", part)
	}
	if err := checkPlace(parent, part, children[parentID], id); err != nil {
		return nil, err
	}
	var place func(r *gateway.Resource, parent *gateway.Resource) error
	place = func(r, parent *gateway.Resource) error {
		name, _, ok := gateway.Variable(r.PathPart)
		if ok && slices.Contains(gateway.PathVariables(parent.Path), name) {
			return badRequest("Resource path contains a variable more than once: %s", name)
		}
		r.Path = join(parent.Path, r.PathPart)
		_, err := resources.Update(ctx, tx, func(row *gateway.Resource) error {
			row.ParentID, row.PathPart, row.Path = r.ParentID, r.PathPart, r.Path
			return nil
		}, r.APIID, r.ID)
		for _, child := range children[r.ID] {
			if err == nil {
				err = place(child, r)
			}
		}
		return err
	}
	r := byID[id]
	r.ParentID, r.PathPart = parentID, part
	return r, place(r, parent)
}

// deleteResource removes a resource and everything below it.
func (svc *Service) deleteResource(ctx context.Context, call *access.Call, in *apigateway.DeleteResourceInput) (*apigateway.DeleteResourceOutput, error) {
	err := svc.db.Write(ctx, func(tx *store.Tx) error {
		api, err := readAPI(ctx, tx, call, in.RestApiId)
		if err != nil {
			return err
		}
		r, err := readResource(ctx, tx, call, in.RestApiId, in.ResourceId)
		if err != nil {
			return err
		}
		if r.ID == api.RootID {
			return badRequest("Root resource cannot be removed")
		}
		all, err := resources.List(ctx, tx, ofAPI, api.ID)
		if err != nil {
			return err
		}
		for _, other := range all {
			if other.ID == r.ID || strings.HasPrefix(other.Path, r.Path+"/") {
				if err := resources.Delete(ctx, tx, api.ID, other.ID); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return &apigateway.DeleteResourceOutput{}, err
}
