variable "emergency_access_group" {
  description = "Object id of the group with the emergency access accounts. Given by the pipeline."
  type        = string
}

locals {
  everybody    = ["All"]
  always_spare = [var.emergency_access_group]
}

resource "azuread_named_location" "staff" {
  display_name = "Countries with Contoso staff"

  country {
    countries_and_regions                 = ["AT", "CH", "DE", "PT"]
    include_unknown_countries_and_regions = true
  }
}

resource "azuread_conditional_access_policy" "mfa" {
  display_name = "CA110 Everyone: multifactor authentication"
  state        = "enabled"

  conditions {
    client_app_types = ["all"]

    users {
      included_users  = local.everybody
      excluded_groups = local.always_spare
    }

    applications {
      included_applications = ["All"]
    }
  }

  grant_controls {
    operator          = "OR"
    built_in_controls = ["mfa"]
  }
}

resource "azuread_conditional_access_policy" "countries" {
  display_name = "CA120 Everyone: block countries without staff"
  state        = "enabled"

  conditions {
    client_app_types = ["all"]

    users {
      included_users  = local.everybody
      excluded_groups = local.always_spare
    }

    applications {
      included_applications = ["All"]
    }

    locations {
      included_locations = ["All"]
      excluded_locations = [azuread_named_location.staff.id]
    }
  }

  grant_controls {
    operator          = "OR"
    built_in_controls = ["block"]
  }
}

resource "azuread_conditional_access_policy" "device" {
  display_name = "CA130 Everyone: compliant device"
  state        = "enabled"

  conditions {
    client_app_types = ["all"]

    users {
      included_users  = local.everybody
      excluded_groups = local.always_spare
    }

    applications {
      included_applications = ["All"]
    }
  }

  grant_controls {
    operator          = "OR"
    built_in_controls = ["compliantDevice"]
  }
}
