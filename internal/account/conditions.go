package account

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// conditions are the values of the global condition keys for one call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
type conditions struct {
	call    *access.Call
	account string
	caller  *compiledEntity     // nil for root and what has gone
	target  *compiledEntity     // the entity that is asked for, if it is one
	tagged  []tag               // what is asked for, if it is a managed policy
	bounded string              // boundary of target, where the action's keys have it
	own     map[string][]string // keys of the call's own, in lower case
}

// Value implements policy.Context. What is known of the caller and the
// connection is answered by that alone, also when it is absent: nothing that a
// call brings along can take its place.
func (c *conditions) Value(key string) policy.Values {
	call := c.call
	switch key {
	case "aws:currenttime":
		return policy.One(call.Time.UTC().Format(time.RFC3339))
	case "aws:epochtime":
		return policy.One(strconv.FormatInt(call.Time.Unix(), 10))
	case "aws:sourceip":
		return present(addr(call.Source))
	case "aws:securetransport":
		return policy.One(strconv.FormatBool(call.Secure))
	case "aws:useragent":
		return present(call.UserAgent)
	case "aws:referer": // the gateway says it as a key of the call
		if call.Referer == "" {
			return policy.Many(call.Conditions[key])
		}
		return policy.One(call.Referer)
	case "aws:requestedregion":
		return present(call.Region)
	case "aws:resourceaccount":
		return present(c.account)
	case "aws:viaawsservice": // no service calls another one in a caller's name
		return policy.One("false")
	case "aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice", "aws:principalservicename", "aws:userid", "aws:username":
		return c.ofCaller(key)
	case "aws:tokenissuetime", "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceidentity", "aws:federatedprovider":
		return c.ofSession(key)
	case "aws:calledvia", "aws:calledviafirst", "aws:calledvialast": // as aws:ViaAWSService
		return policy.Values{}
	}
	if name, ok := strings.CutPrefix(key, "aws:principaltag/"); ok {
		return c.principalTag(name)
	}
	if service, name, ok := strings.Cut(key, ":resourcetag/"); ok && (service == "aws" || service == "iam") && (c.target != nil || c.tagged != nil) {
		return c.resourceTag(name)
	}
	if key == "iam:permissionsboundary" && c.bounded != "" {
		return policy.One(c.bounded)
	}
	if session := call.Caller.Session; session != nil && claimable(key) {
		if values, ok := session.Claims[key]; ok {
			return policy.Many(values)
		}
	}
	if values, ok := c.own[key]; ok {
		return policy.Many(values)
	}
	return policy.Many(call.Conditions[key])
}

// claimable: a provider speaks for its own family of keys, never for what is
// known of a request.
func claimable(key string) bool {
	family, _, _ := strings.Cut(key, ":")
	return family != "aws" && family != "iam" && family != "sts"
}

// ofCaller are the keys of who calls. A service acting for itself has none but
// its own two, and whoever is anonymous says so.
func (c *conditions) ofCaller(key string) policy.Values {
	caller := &c.call.Caller
	isService, anonymous := caller.Kind == access.Service, caller.Kind == access.Anonymous
	switch {
	case key == "aws:principaltype":
		return present(principalType(caller))
	case anonymous && key == "aws:userid":
		return policy.One("anonymous")
	case anonymous:
	case key == "aws:principalisawsservice":
		return policy.One(strconv.FormatBool(isService))
	case isService:
		if key == "aws:principalservicename" {
			return present(caller.ARN)
		}
	case key == "aws:principalarn":
		if caller.Session != nil && caller.Session.Assumed {
			return policy.One(caller.Session.Issuer) // the role, not its session
		}
		return present(caller.ARN)
	case key == "aws:principalaccount":
		return present(caller.Account)
	case key == "aws:userid":
		return present(caller.ID)
	case key == "aws:username" && caller.Kind == access.User && c.caller != nil:
		return policy.One(c.caller.Name)
	}
	return policy.Values{}
}

// ofSession are the keys that temporary credentials have. There are no MFA
// devices: its age is never known.
func (c *conditions) ofSession(key string) policy.Values {
	session := c.call.Caller.Session
	if session == nil {
		return policy.Values{}
	}
	switch key {
	case "aws:tokenissuetime":
		return policy.One(session.Issued.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
	case "aws:sourceidentity":
		return present(session.SourceIdentity)
	case "aws:federatedprovider":
		return present(session.Provider)
	case "aws:multifactorauthpresent":
		if !session.Federated {
			return policy.One("false")
		}
	}
	return policy.Values{}
}

func (c *conditions) resourceTag(name string) policy.Values {
	if c.target != nil {
		return tagValueOf(c.target.Tags, name)
	}
	return tagValueOf(c.tagged, name)
}

// boundaryKeyed are the actions for which iam:PermissionsBoundary is the one
// that the user or role has. When one is made or set it is the one asked for.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
var boundaryKeyed = map[string]bool{
	"iam:AttachUserPolicy": true, "iam:DetachUserPolicy": true, "iam:PutUserPolicy": true, "iam:DeleteUserPolicy": true, "iam:DeleteUserPermissionsBoundary": true,
	"iam:AttachRolePolicy": true, "iam:DetachRolePolicy": true, "iam:PutRolePolicy": true, "iam:DeleteRolePolicy": true, "iam:DeleteRolePermissionsBoundary": true,
}

// principalTag: the tags of a session win over those of the role or user behind it.
func (c *conditions) principalTag(name string) policy.Values {
	if session := c.call.Caller.Session; session != nil {
		for key, value := range session.Tags {
			if isTagKey(key, name) {
				return policy.One(value)
			}
		}
	}
	if c.caller == nil {
		return policy.Values{}
	}
	return tagValueOf(c.caller.Tags, name)
}

func tagValueOf(tags []tag, name string) policy.Values {
	for _, t := range tags {
		if isTagKey(t.Key, name) {
			return policy.One(t.Value)
		}
	}
	return policy.Values{}
}

func present(value string) policy.Values {
	if value == "" {
		return policy.Values{}
	}
	return policy.One(value)
}

func addr(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func principalType(c *access.Caller) string {
	switch {
	case c.Kind == access.Root:
		return "Account"
	case c.Kind == access.User:
		return "User"
	case c.Kind == access.Session && c.Session != nil && c.Session.Federated:
		return "FederatedUser"
	case c.Kind == access.Session:
		return "AssumedRole"
	case c.Kind == access.Anonymous:
		return "Anonymous"
	}
	return ""
}
