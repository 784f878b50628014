package userpool

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

const maxRanges = 200 // of each list

// setAddOns takes the mode of threat protection: OFF; AUDIT, which notes
// authentication events; ENFORCED, in which risk configurations act as well.
func (p *Pool) setAddOns(in *types.UserPoolAddOnsType) error {
	p.Security = ""
	if in == nil {
		return nil
	}
	if !slices.Contains(in.AdvancedSecurityMode.Values(), in.AdvancedSecurityMode) {
		return invalid("AdvancedSecurityMode must be OFF, AUDIT or ENFORCED.")
	}
	if in.AdvancedSecurityAdditionalFlows != nil && in.AdvancedSecurityAdditionalFlows.CustomAuthMode != "" {
		return unsupported("AdvancedSecurityAdditionalFlows")
	}
	p.Security = in.AdvancedSecurityMode
	return nil
}

func (p *Pool) addOns() *types.UserPoolAddOnsType {
	if p.Security == "" {
		return nil
	}
	return &types.UserPoolAddOnsType{AdvancedSecurityMode: p.Security}
}

// SetRiskConfiguration replaces the risk configuration of a pool, or of one
// client. What nothing here acts upon is refused: there is no score of how
// likely a sign-in is somebody else's, so there are no actions upon one.
func (s *Service) SetRiskConfiguration(ctx context.Context, call *access.Call, in *idp.SetRiskConfigurationInput) (*idp.SetRiskConfigurationOutput, error) {
	p, c, err := s.riskTarget(call, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	risk := &Risk{Modified: call.Time}
	if err := s.readRisk(risk, in); err != nil {
		return nil, err
	}
	if in.CompromisedCredentialsRiskConfiguration == nil && in.AccountTakeoverRiskConfiguration == nil && in.RiskExceptionConfiguration == nil {
		risk = nil
	}
	if c == nil {
		err = s.changePool(ctx, p.ID, func(p *Pool) error {
			if p.Risk = risk; !p.watches() {
				return threatsOff()
			}
			return nil
		})
	} else {
		_, err = clientTable.Update(ctx, s.db, func(c *Client) error { c.Risk = risk; return nil }, c.ID)
		if errors.Is(err, store.ErrNotFound) {
			err = noClient(c.ID)
		}
	}
	if err != nil {
		return nil, err
	}
	return &idp.SetRiskConfigurationOutput{RiskConfiguration: risk.shape(p.ID, in.ClientId)}, nil
}

// DescribeRiskConfiguration shows the configuration of a pool, or a client's own.
func (s *Service) DescribeRiskConfiguration(_ context.Context, call *access.Call, in *idp.DescribeRiskConfigurationInput) (*idp.DescribeRiskConfigurationOutput, error) {
	p, c, err := s.riskTarget(call, in.UserPoolId, in.ClientId)
	if err != nil {
		return nil, err
	}
	risk := p.Risk
	if c != nil {
		risk = c.Risk
	}
	return &idp.DescribeRiskConfigurationOutput{RiskConfiguration: risk.shape(p.ID, in.ClientId)}, nil
}

// riskTarget is the pool, or the client of it, that a configuration is for. nil
// is no client.
func (s *Service) riskTarget(call *access.Call, poolID, clientID *string) (*poolState, *clientState, error) {
	p, err := s.pool(call, poolID)
	if err != nil {
		return nil, nil, err
	}
	if !p.watches() {
		return nil, nil, threatsOff()
	}
	if clientID == nil {
		return p, nil, nil
	}
	c, err := s.client(p, clientID)
	return p, c, err
}

func (s *Service) readRisk(r *Risk, in *idp.SetRiskConfigurationInput) (err error) {
	if given := in.CompromisedCredentialsRiskConfiguration; given != nil {
		if given.Actions == nil || !slices.Contains(given.Actions.EventAction.Values(), given.Actions.EventAction) {
			return invalid("CompromisedCredentialsRiskConfiguration needs an EventAction: BLOCK or NO_ACTION.")
		}
		for _, e := range given.EventFilter {
			if !slices.Contains(e.Values(), e) {
				return invalid("EventFilter may name SIGN_IN, PASSWORD_CHANGE and SIGN_UP only.")
			}
		}
		r.Compromised = &CompromisedRisk{Events: given.EventFilter, Block: given.Actions.EventAction == types.CompromisedCredentialsEventActionTypeBlock}
		if r.Compromised.Block && s.compromised == nil {
			return invalid(textNeedsList)
		}
	}
	if r.Takeover = in.AccountTakeoverRiskConfiguration; r.Takeover != nil {
		if err := checkTakeover(r.Takeover); err != nil {
			return err
		}
	}
	if given := in.RiskExceptionConfiguration; given != nil {
		r.Exceptions = true
		if r.Blocked, err = ranges(given.BlockedIPRangeList); err == nil {
			r.Skipped, err = ranges(given.SkippedIPRangeList)
		}
	}
	return err
}

// checkTakeover names what would never happen.
func checkTakeover(in *types.AccountTakeoverRiskConfigurationType) error {
	if in.NotifyConfiguration != nil {
		return unsupported("NotifyConfiguration")
	}
	if in.Actions == nil {
		return invalid("AccountTakeoverRiskConfiguration needs Actions.")
	}
	for _, a := range []*types.AccountTakeoverActionType{in.Actions.LowAction, in.Actions.MediumAction, in.Actions.HighAction} {
		switch {
		case a == nil:
		case !slices.Contains(a.EventAction.Values(), a.EventAction):
			return invalid("EventAction must be BLOCK, MFA_IF_CONFIGURED, MFA_REQUIRED or NO_ACTION.")
		case a.EventAction != types.AccountTakeoverEventActionTypeNoAction:
			return unsupported("AccountTakeoverRiskConfiguration with the action " + string(a.EventAction))
		case a.Notify:
			return unsupported("AccountTakeoverRiskConfiguration with Notify")
		}
	}
	return nil
}

func ranges(texts []string) ([]netip.Prefix, error) {
	if len(texts) > maxRanges {
		return nil, invalid(textTooManyAddresses)
	}
	var list []netip.Prefix
	for _, text := range texts {
		r, err := netip.ParsePrefix(text)
		if err != nil || r.Addr().Is4In6() {
			return nil, invalid(textBadRange(text))
		}
		list = append(list, r.Masked())
	}
	return list, nil
}

func (r *Risk) shape(poolID string, clientID *string) *types.RiskConfigurationType {
	out := &types.RiskConfigurationType{UserPoolId: &poolID, ClientId: clientID}
	if r == nil {
		return out
	}
	out.LastModifiedDate, out.AccountTakeoverRiskConfiguration = &r.Modified, r.Takeover
	if r.Compromised != nil {
		action := types.CompromisedCredentialsEventActionTypeNoAction
		if r.Compromised.Block {
			action = types.CompromisedCredentialsEventActionTypeBlock
		}
		events := r.Compromised.Events
		if len(events) == 0 {
			events = types.EventFilterType("").Values()
		}
		out.CompromisedCredentialsRiskConfiguration = &types.CompromisedCredentialsRiskConfigurationType{
			Actions: &types.CompromisedCredentialsActionsType{EventAction: action}, EventFilter: events,
		}
	}
	if r.Exceptions {
		texts := func(list []netip.Prefix) []string {
			out := []string{}
			for _, one := range list {
				out = append(out, one.String())
			}
			return out
		}
		out.RiskExceptionConfiguration = &types.RiskExceptionConfigurationType{BlockedIPRangeList: texts(r.Blocked), SkippedIPRangeList: texts(r.Skipped)}
	}
	return out
}
