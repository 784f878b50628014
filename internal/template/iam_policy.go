package template

import (
	"context"

	"github.com/sallyport/sallyport/internal/policy"
)

// inlinePolicyType is one inline policy on any number of users, groups and roles.
var inlinePolicyType = &resourceType{
	name: "AWS::IAM::Policy",
	properties: fields{
		"PolicyName": str.must(), "PolicyDocument": policyOf(policy.Identity).must(), "Groups": strs, "Roles": strs, "Users": strs,
	},
	attributes: []string{"Id"},
	create: func(ctx context.Context, w *work) error {
		w.tiesAre()
		return w.bindInline(ctx)
	},
	update: func(ctx context.Context, w *work) error { return w.bindInline(ctx) },
	remove: func(ctx context.Context, w *work) error { return w.untie(ctx) },
}

var owners = []struct{ property, entity string }{{"Groups", iamGroup}, {"Roles", iamRole}, {"Users", iamUser}}

func (w *work) bindInline(ctx context.Context) error {
	var all []bond
	for _, o := range owners {
		for _, name := range w.texts(o.property) {
			all = append(all, bond{tie{tiedInline, o.entity, name, w.text("PolicyName")}, w.text("PolicyDocument")})
		}
	}
	return w.bind(ctx, all)
}

// needsOwner reports a policy that is given to nobody, which IAM cannot hold.
func (l *loader) needsOwner(r *resource) {
	for _, o := range owners {
		if given := r.properties.get(o.property); given != nil && (given.kind != list || len(given.items) > 0) {
			return
		}
	}
	l.problem(r.properties.at, "%s needs one of Groups, Roles and Users that is not empty", r.kind.name)
}

var (
	rolePolicyType  = policyOn(iamRole)
	userPolicyType  = policyOn(iamUser)
	groupPolicyType = policyOn(iamGroup)
)

// policyOn is the type of one inline policy of one user, group or role.
func policyOn(entity string) *resourceType {
	owner := entity + "Name"
	return &resourceType{
		name:       "AWS::IAM::" + entity + "Policy",
		properties: fields{"PolicyName": str.must().replaces(), owner: str.must().replaces(), "PolicyDocument": policyOf(policy.Identity).must()},
		create: func(ctx context.Context, w *work) error {
			w.row.PhysicalID = w.text("PolicyName") + "|" + w.text(owner)
			return w.bindOne(ctx, entity, owner)
		},
		update: func(ctx context.Context, w *work) error { return w.bindOne(ctx, entity, owner) },
		remove: func(ctx context.Context, w *work) error { return w.untie(ctx) },
	}
}

func (w *work) bindOne(ctx context.Context, entity, owner string) error {
	return w.bind(ctx, []bond{{tie{tiedInline, entity, w.text(owner), w.text("PolicyName")}, w.text("PolicyDocument")}})
}
