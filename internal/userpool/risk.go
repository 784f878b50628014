package userpool

import (
	"net/netip"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// Risk is a risk configuration, of a pool or of one of its clients, whose own
// takes the place of the pool's as a whole. It is in force while the pool's
// threat protection is.
type Risk struct {
	Modified    time.Time
	Compromised *CompromisedRisk                            `json:",omitempty"`
	Takeover    *types.AccountTakeoverRiskConfigurationType `json:",omitempty"` // as it came: all that it can ask for is nothing
	Exceptions  bool                                        `json:",omitempty"` // ranges were given, even if none
	Blocked     []netip.Prefix                              `json:",omitempty"` // from there nobody signs in
	Skipped     []netip.Prefix                              `json:",omitempty"` // from there nothing is looked for
}

// CompromisedRisk says where passwords that are known to others are looked for,
// and what comes of it.
type CompromisedRisk struct {
	Events []types.EventFilterType `json:",omitempty"` // none: all
	Block  bool
}

// origin is through which client, and from where, somebody uses or sets a
// password. The zero value is an administrator.
type origin struct {
	client    *Client
	address   netip.Addr
	event     types.EventFilterType // "": PASSWORD_CHANGE
	temporary bool                  // the password is one to sign in with once
}

func (p *Pool) watches() bool {
	return p.Security != "" && p.Security != types.AdvancedSecurityModeTypeOff
}
func (p *Pool) enforces() bool { return p.Security == types.AdvancedSecurityModeTypeEnforced }

// riskOf is the configuration that counts for a client, nil for none.
func (p *Pool) riskOf(c *Client) *Risk {
	if c != nil && c.Risk != nil {
		return c.Risk
	}
	return p.Risk
}

func within(ranges []netip.Prefix, a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Contains(a) })
}

// compromisedRule says whether a password is looked for in the list, and whether
// one that is there is refused. Without a configuration in force, nobody can set
// such a password, and who has one can sign in with it.
func (p *Pool) compromisedRule(o origin) (look, block bool) {
	event := o.event
	if event == "" {
		event = types.EventFilterTypePasswordChange
	}
	setting := event != types.EventFilterTypeSignIn
	r := p.riskOf(o.client)
	if !p.watches() || r == nil || r.Compromised == nil || !p.enforces() && setting {
		return setting || p.watches(), setting
	}
	if len(r.Compromised.Events) > 0 && !slices.Contains(r.Compromised.Events, event) || within(r.Skipped, o.address) {
		return false, false
	}
	return true, r.Compromised.Block && p.enforces()
}

// refuseAddress keeps out whoever comes from a range that the pool or the client
// blocks, whomever they name. An address that stands for many people is not
// theirs.
func (s *Service) refuseAddress(call *access.Call, p *Pool, c *Client, from netip.Addr, shared bool) error {
	if r := p.riskOf(c); shared || r == nil || !p.enforces() || !within(r.Blocked, from) {
		return nil
	}
	return s.refused(call, "address", notAuthorized(textSecurity))
}

// checkCompromised holds a password against the operator's list. found says that
// it is there, refuse that it must not be used. A list that cannot be read is an
// error: the password might be there.
func (s *Service) checkCompromised(p *Pool, o origin, password string) (found, refuse bool, err error) {
	look, block := p.compromisedRule(o)
	if s.compromised == nil || !look {
		return false, false, nil
	}
	found, err = s.compromised.Contains(password)
	return found, found && block, err
}

// usable refuses a sign-in with a right password that is known to others, where
// the risk configuration says so. It is asked after the proof, so it tells
// nothing to who does not know the password. Who proves a password by SRP does
// not show it, here as at AWS: the list sees it where it is set.
func (s *Service) usable(call *access.Call, a attempt, password string) error {
	found, refuse, err := s.checkCompromised(a.pool.Pool, origin{client: a.client.Client, address: a.address, event: types.EventFilterTypeSignIn}, password)
	if err != nil {
		return err
	}
	if found {
		call.Record.Note("compromised password", audit.Passed, "the password is on the list", call.Time)
		a.event.compromised(refuse)
	}
	if refuse {
		return notAuthorized(textCompromised)
	}
	return nil
}

// warnOfRisks says which pools ask for more than this server can do since it was
// started without a list.
func (s *Service) warnOfRisks() {
	if s.compromised != nil {
		return
	}
	blocks := func(r *Risk) bool { return r != nil && r.Compromised != nil && r.Compromised.Block }
	now := s.current.Load()
	for _, p := range now.pools {
		asks := blocks(p.Risk)
		for _, c := range now.clients {
			asks = asks || c.PoolID == p.ID && blocks(c.Risk)
		}
		if asks && p.enforces() {
			s.log.Warn("a user pool blocks compromised passwords, but the server has no list of them (--compromised-passwords)", "pool", p.ID)
		}
	}
}
