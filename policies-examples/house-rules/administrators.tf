variable "administrators_strength" {
  description = "The authentication strength that administrators are asked for."
  type        = string
}

resource "azuread_conditional_access_policy" "administrators" {
  display_name = "CA101 Administrators: stronger methods"
  state        = "enabled"

  conditions {
    client_app_types = ["all"]

    applications {
      included_applications = ["All"]
    }

    users {
      included_roles  = ["62e90394-69f5-4237-9190-012177145e10"]
      excluded_groups = ["8f36c487-4e75-4da9-a5bc-d7916f1acda0"]
    }
  }

  grant_controls {
    operator                          = "OR"
    built_in_controls                 = []
    authentication_strength_policy_id = var.administrators_strength
  }
}

resource "azuread_conditional_access_policy" "security_administrators" {
  display_name = "CA102 Security administrators: MFA on a compliant device"
  state        = "enabled"

  conditions {
    client_app_types = ["all"]

    applications {
      included_applications = ["MicrosoftAdminPortals"]
    }

    users {
      included_roles  = ["194ae4cb-b126-40b2-bd5b-6091b380977d"]
      excluded_groups = ["8f36c487-4e75-4da9-a5bc-d7916f1acda0"]
    }
  }

  grant_controls {
    operator          = "AND"
    built_in_controls = ["mfa", "compliantDevice"]
  }
}
