package ticket

import "slices"

// Role is what an agent may do.
type Role string

// The roles of staff.
const (
	RoleAgent      Role = "agent" // level 1
	RoleLevel2     Role = "level2"
	RoleLead       Role = "lead"
	RoleEditor     Role = "editor"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

// Roles are all roles there are.
var Roles = []Role{RoleAgent, RoleLevel2, RoleLead, RoleEditor, RoleSupervisor, RoleAdmin}

// Agent is a member of staff.
type Agent struct {
	ID        string   `yaml:"id" json:"id"`
	Name      string   `yaml:"name" json:"name"`
	Email     string   `yaml:"email" json:"email,omitempty"`
	Slack     string   `yaml:"slack" json:"slack,omitempty"`       // Slack user id, outside the home workspace T…/U…; or it is found by Email
	Phone     string   `yaml:"phone" json:"-"`                     // for webhooks that page them
	Language  string   `yaml:"language" json:"language,omitempty"` // in which they are paged: en (default), de, fr
	Roles     []Role   `yaml:"roles" json:"roles,omitempty"`
	Languages []string `yaml:"languages" json:"languages,omitempty"` // none: any
	Skills    []string `yaml:"skills" json:"skills,omitempty"`       // as rules name what a ticket wants
	Capacity  int      `yaml:"capacity" json:"capacity,omitempty"`   // open tickets at the most that are handed to them; 0: the tier's
	Hours     Hours    `yaml:"hours" json:"hours,omitzero"`          // when they work; default: the tier's hours
	Via       []string `yaml:"-" json:"via,omitempty"`               // the user groups that give them their roles; none: the configuration does
}

// Actor is the agent as the history names them.
func (a Agent) Actor() Actor { return Actor{Kind: ByAgent, ID: a.ID, Name: a.Name} }

// Is says whether the agent has one of the roles. An admin has all.
func (a Agent) Is(roles ...Role) bool {
	return slices.ContainsFunc(a.Roles, func(r Role) bool { return r == RoleAdmin || slices.Contains(roles, r) })
}
