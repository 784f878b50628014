package account_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
)

// requestID is that of a refused call, as its client knows it.
func requestID(t *testing.T, err error) string {
	t.Helper()
	var known interface{ ServiceRequestID() string }
	if !errors.As(err, &known) {
		t.Fatalf("%v has no request id", err)
	}
	return known.ServiceRequestID()
}

func TestARefusalIsDecodedByItsRequestID(t *testing.T) {
	w := newWorld(t)
	kept := audit.NewLog(slog.New(slog.DiscardHandler), 64)
	w.account.Join(account.Neighbours{Records: kept})
	ann := w.user("ann", doc(`[{"Sid":"NoUsers","Effect":"Deny","Action":"iam:ListUsers","Resource":"*"},{"Sid":"Some","Effect":"Allow","Action":"iam:ListRoles","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"pizza"}}}]`))
	operator := w.user("operator", allow("sts:DecodeAuthorizationMessage", "*"))
	refuse := func(err error) string {
		t.Helper()
		w.refused("ann", err, "AccessDenied")
		kept.Write(w.last.Load())
		return requestID(t, err)
	}
	explicit := refuse(w.listUsers(ann))
	_, err := w.assume(ann, &sts.AssumeRoleInput{RoleArn: new(w.role("cook", trust(`{"Service":"lambda.amazonaws.com"}`), ""))})
	implicit := refuse(err)
	decode := func(c aws.Credentials, id string) (map[string]any, error) {
		out, err := w.sts(c).DecodeAuthorizationMessage(t.Context(), &sts.DecodeAuthorizationMessageInput{EncodedMessage: &id})
		if err != nil {
			return nil, err
		}
		var tree map[string]any
		return tree, json.Unmarshal([]byte(*out.DecodedMessage), &tree)
	}
	at := func(tree any, path string) any {
		for name := range strings.SplitSeq(path, ".") {
			switch node := tree.(type) {
			case map[string]any:
				tree = node[name]
			case []any:
				if len(node) == 0 {
					return nil
				}
				tree = node[0].(map[string]any)[name]
			}
		}
		return tree
	}
	tree, err := decode(operator, explicit)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"allowed": false, "explicitDeny": true, "matchedStatements.items.statementId": "NoUsers", "matchedStatements.items.effect": "DENY",
		"matchedStatements.items.actions.items.value": "iam:ListUsers", "context.principal.arn": arnOfAnn, "context.principal.name": "ann",
		"context.action": "iam:ListUsers", "context.conditions.items.key": "aws:CurrentTime", "explanation.requestId": explicit,
		"explanation.statements.sid": "NoUsers", "explanation.statements.applies": true, "failures.items": nil,
	} {
		got := at(tree, path)
		if list, ok := got.([]any); ok && len(list) == 0 {
			got = nil
		}
		if got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	tree, err = decode(w.root, implicit)
	if err != nil || at(tree, "explicitDeny") != false || at(tree, "context.action") != "sts:AssumeRole" || at(tree, "explanation.statements.clause") != "Principal" {
		t.Errorf("of a trust policy: %v, %v", tree, err)
	}
	_, err = decode(ann, explicit)
	w.refused("without the permission", err, "AccessDenied")
	for name, id := range map[string]string{"an unknown id": "00000000-0000-0000-0000-000000000000", "a text": "eNqVkk", "a line break": "a\nb"} {
		_, err := decode(operator, id)
		w.refused(name, err, "InvalidAuthorizationMessageException")
	}
	_, err = decode(operator, strings.Repeat("a", 10241))
	w.refused("too long", err, "ValidationError")
}
