// Package template reads CloudFormation and SAM templates and makes what they
// describe, by the very operations that the wire calls.
//
//	file -> parse -> nodes with their lines -> evaluate (parameters, conditions, functions)
//	     -> SAM events become plain resources -> check against the table of types -> order
//	deploy: build code -> compare with what the stack has -> create / update / replace -> delete -> outputs
//
// The files in the order of that flow:
//
//	load, declare, parse*, limits, node, problem       a text becomes nodes, and the nodes resources
//	environment, parameter, condition, intrinsic      what expressions mean
//	sam_api, sam_function, sam_globals                SAM's REST APIs and functions become plain ones
//	sam_auth, sam_authorizer, sam_resourcepolicy      who may call them
//	sam_http, sam_httpauth                            SAM's HTTP APIs, and who may call those
//	sam_role, sam_policy                              the role of a function that names none
//	shape, policy_document                            what properties hold
//	kinds, cognito_*, lambda, log_group               the types: their properties, and how each is made
//	gateway_*                                         REST APIs; gateway_response has the account's settings, too
//	http_*                                            HTTP APIs
//	iam_*, identity_*                                 who may do what; iam_tie: what is put on users, groups and roles
//	graph, code, build                                order; a function's code
//	deploy, apply, remove, accounts, records          one deploy, and the rows that survive it
//	describe, describe_http, stale, watch             what came of it; what is not served; when to do it again
//
// Evaluation is partial: whatever does not depend on a resource is known after
// Load, and what remains (a Ref to a pool that does not exist yet) is evaluated
// by the same code once the resource is there. A template either means one
// thing here or it is refused: what is not supported is an error with its line.
//
// A template is trusted with what its reader may read, like a makefile: CodeUri
// may be absolute or lead out of the template's folder, and a note then says
// so. It never leads into Settings.Private, and links inside the code's folder
// never lead out of it. What reading a hostile template costs is bounded; see
// limits.go and environment.go.
package template

import (
	"context"

	"github.com/sallyport/sallyport/internal/access"
)

// Operations runs one AWS operation in process, with the same checks as the
// wire. in is a pointer to the SDK's input shape, out to its output shape.
type Operations interface {
	Call(ctx context.Context, call *access.Call, service, operation string, in any) (out any, err error)
}

// Settings is what a template is evaluated with. Region and Account are
// required; Stack is "sallyport" when empty.
type Settings struct {
	Stack      string            // name of the stack: letters, digits, hyphens, at most 128
	Region     string            // AWS::Region
	Account    string            // AWS::AccountId
	Parameters map[string]string // values for Parameters, by name
	Private    string            // a folder that no code may be taken from, such as the server's data; "" for none
}

// Template is a checked template, ready to deploy. It does not change.
type Template struct {
	file      string
	dir       string
	stack     string
	resources map[string]*resource
	order     []string // every resource after those that it needs
	outputs   []*output
	notes     []Problem
	env       *environment
}

// Stack is the name of the stack that the template describes.
func (t *Template) Stack() string { return t.stack }

// Notes are things that the template says and that have no effect here, each
// with its line. They are worth showing once per deploy.
func (t *Template) Notes() []Problem { return t.notes }
