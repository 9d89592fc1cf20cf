package ticket

import (
	"slices"
	"strings"
)

// Right is something that not everybody may do. It hangs on roles, in Slack, in the console and in the API alike.
type Right string

// The rights of staff. Whoever has no role has none.
const (
	RightSee      Right = "see"      // tickets, articles, customers, the team and who is on call; change one's own shifts and presence
	RightWork     Right = "work"     // work on tickets; say which are of one incident, and which customers are one person
	RightIncident Right = "incident" // decide what is one, and tell those whom it hits
	RightLead     Right = "lead"     // keep senders out, answer complaints, close, say who works when, look after the gateway
	RightEdit     Right = "edit"     // articles
)

// Rights are all there are.
func Rights() []Right { return []Right{RightSee, RightWork, RightIncident, RightLead, RightEdit} }

// Roles are those that have a right; admins have each.
func (r Right) Roles() []Role {
	switch r {
	case RightSee:
		return slices.Clone(Roles)
	case RightWork:
		return []Role{RoleAgent, RoleLevel2, RoleLead, RoleSupervisor}
	case RightIncident:
		return []Role{RoleLevel2, RoleLead, RoleSupervisor}
	case RightLead:
		return []Role{RoleLead, RoleSupervisor}
	case RightEdit:
		return []Role{RoleEditor, RoleLevel2, RoleLead, RoleSupervisor}
	}
	return nil
}

// who says in words who has the right.
func (r Right) who() string {
	var names []string
	for _, role := range r.Roles() {
		names = append(names, map[Role]string{RoleAgent: "agents", RoleLevel2: "level 2", RoleLead: "leads", RoleEditor: "editors",
			RoleSupervisor: "supervisors", RoleAdmin: "admins"}[role])
	}
	if n := len(names); n > 1 {
		names = append(names[:n-2], names[n-2]+" and "+names[n-1])
	}
	return strings.Join(names, ", ")
}

// Has says whether an agent has a right: a Denied error that tells who has it, or nil.
func (a Agent) Has(r Right) error {
	switch {
	case len(r.Roles()) == 0:
	case a.Is(r.Roles()...):
		return nil
	case len(a.Roles) == 0:
		return Errorf("ticket.May", Denied, "You have no role on the support team.")
	}
	return Errorf("ticket.May", Denied, "Your role does not allow this. That is for %s.", r.who())
}

// RightTo is what somebody needs to do this to a ticket; "" is nobody's but the gateway's.
func RightTo(k ActionKind) Right {
	switch k {
	case ActTake, ActAssign, ActReply, ActNote, ActEscalate, ActPage, ActSolve, ActReopen, ActHold, ActSet, ActVerdict,
		ActAccept, ActDecline, ActNeed, ActHand, ActSnooze, ActReturn, ActJoin, ActPromise, ActKeep, ActUnpromise, ActRelease,
		ActSupplier, ActSupplied, ActInform, ActVerify,
		ActMerge, ActSplit, ActMove, ActUndo, ActWithdraw, ActRepromise, ActPostpone, ActAsk, ActAnswer, ActComplain, ActAbuse, ActAmend, ActReact, ActScript,
		ActLater, ActLaterNow, ActUnlater, ActResend:
		return RightWork
	case ActClose, ActHeard, ActAmends:
		return RightLead
	}
	return ""
}

// RightToDo is what somebody needs to do this to an incident.
func RightToDo(do IncidentDo) Right {
	if do == DoPropose || do == DoLink || do == DoUnlink {
		return RightWork
	}
	return RightIncident
}

// May says whether staff of these roles may do this. What is not named is denied; the gateway's own actions are nobody's.
func (a Agent) May(k ActionKind) error { return a.Has(RightTo(k)) }

// MayIncident says whether staff of these roles may do this. Whoever works on tickets may say that some belong together;
// what reaches many customers is for those who lead.
func (a Agent) MayIncident(do IncidentDo) error { return a.Has(RightToDo(do)) }
