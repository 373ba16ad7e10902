//! Microsoft's own applications that matter for Conditional Access.
//!
//! Sources: Microsoft Entra documentation, "Target resources" and "Apps included in the Office 365 app suite";
//! the ids of the latter are joined by display name, and Microsoft adds apps without notice. An app that is
//! missing here is unknown, never known to be outside a group.

use super::super::Truth;

/// Microsoft Graph, which cannot be named in a policy by itself.
pub const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// Windows Azure Active Directory, as which sign-ins for basic scopes are judged.
pub const AZURE_AD: &str = "00000002-0000-0000-c000-000000000000";
/// Windows Azure Service Management API.
pub const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
/// The Azure portal, which is also the Microsoft Entra and the Intune admin center.
pub const AZURE_PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
/// The page on which people manage their security information.
pub const SECURITY_INFO: &str = "19db86c3-b2b9-44cc-b339-36da233a3be2";
/// Microsoft Intune.
pub const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";
/// Microsoft Intune Enrollment.
pub const INTUNE_ENROLLMENT: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";
/// Windows Store for Business, also Universal Store Service: what Windows asks when it activates a subscription.
pub const UNIVERSAL_STORE: &str = "45a330b1-b1ec-4cc1-9161-9f03992aa49f";

/// Office 365 Exchange Online.
pub const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
/// Office 365 SharePoint Online.
pub const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
/// The Office 365 portal, which is also the Microsoft 365 admin center.
pub const OFFICE_PORTAL: &str = "00000006-0000-0ff1-ce00-000000000000";
/// Stands for an app of the tenant's own, which belongs to no group of Microsoft's apps.
pub const OWN: &str = "an app of your own";

/// Stands for an agent of the tenant, as a resource.
pub const AGENT: &str = "an agent of your own";

/// The apps that support token protection. Source: Microsoft Entra documentation, "Token protection".
pub const WITH_TOKEN_PROTECTION: &[&str] = &[
    EXCHANGE,
    SHAREPOINT,
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
    "9cdead84-a844-4324-93f2-b2e6bb768d07",
    "0af06dc6-e4b5-4f28-818e-e78e62d137a5",
    "270efc09-cd0d-444b-a71f-39af4910ec45",
];

/// The name of an app, where it is known.
#[must_use]
pub fn name(id: &str) -> Option<&'static str> {
    let at = APPS.binary_search_by(|(known, _)| (*known).cmp(id)).ok()?;
    APPS.get(at).map(|(_, name)| *name)
}

/// Whether an app belongs to the Office 365 suite.
#[must_use]
pub fn in_office365(id: &str) -> Truth {
    member(OFFICE365, id)
}

/// Whether an app is one of Microsoft's admin portals.
#[must_use]
pub fn in_admin_portals(id: &str) -> Truth {
    member(ADMIN_PORTALS, id)
}

/// Whether a policy on Azure management covers an app: the Azure portal and what stands behind it.
#[must_use]
pub fn in_azure_management(id: &str) -> Truth {
    member(AZURE_MANAGED, id)
}

/// Whether an app is an agent.
#[must_use]
pub fn is_agent(id: &str) -> Truth {
    member(&[AGENT], id)
}

/// Whether an app runs on people's devices and is not itself what a token is for. Source: Microsoft Entra
/// documentation, "Target resources" (public clients).
#[must_use]
pub fn is_public_client(id: &str) -> bool {
    PUBLIC_CLIENTS.contains(&id)
}

fn member(group: &[&str], id: &str) -> Truth {
    if group.contains(&id) {
        Truth::Yes
    } else if [OWN, AGENT].contains(&id) || name(id).is_some() {
        Truth::No
    } else {
        Truth::Unknown
    }
}

/// Azure CLI, Azure PowerShell, Microsoft Graph PowerShell, the Microsoft Teams client.
const PUBLIC_CLIENTS: [&str; 4] = [
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
    "1950a258-227b-4e31-a9cf-717495945fc2",
    "14d82eec-204b-4c2f-b7e8-296a70dab67e",
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
];

const AZURE_MANAGED: &[&str] = &[AZURE_MANAGEMENT, AZURE_PORTAL, "022907d3-0f1b-48f7-badc-1ba6abab6d66"];

const ADMIN_PORTALS: &[&str] = &[
    "00000006-0000-0ff1-ce00-000000000000",
    "2ddfbe71-ed12-4123-b99b-d5fc8a062a79",
    "497effe9-df71-4043-a8bb-14cf78c4b63b",
    "618dd325-23f6-4b6f-8380-4df78026e39b",
    "80ccca67-54bd-44ab-8625-4b79c4dc7775",
    "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
];

const OFFICE365: &[&str] = &[
    "00000002-0000-0ff1-ce00-000000000000",
    "00000003-0000-0ff1-ce00-000000000000",
    "00000004-0000-0ff1-ce00-000000000000",
    "00000005-0000-0ff1-ce00-000000000000",
    "00000006-0000-0ff1-ce00-000000000000",
    "00000007-0000-0ff1-ce00-000000000000",
    "08e18876-6177-487e-b8b5-cf950c1e598c",
    "09abbdfd-ed23-44ee-a2d9-a627aa1c90f3",
    "0cd196ee-71bf-4fd6-a57c-b491ffd4fb1e",
    "0e90d0b8-039a-4936-a6f4-d25dd510be5d",
    "0f698dd4-f011-4d23-a33e-b36416dcb1e6",
    "13d54852-ae25-4f0b-823a-b09eea89f431",
    "166f1b03-5b19-416f-a94b-1d7aa2d247dc",
    "1996141e-2b07-4491-927a-5a024b335c78",
    "1e70cd27-4707-4589-8ec5-9bd20c472a46",
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264",
    "23c898c1-f7e8-41da-9501-f16571f8d097",
    "2634dd23-5e5a-431c-81ca-11710d9079f4",
    "2d4d3d8e-2be3-4bef-9f87-7875a61c29de",
    "394866fc-eedb-4f01-8536-3ff84b16be2a",
    "39aaf054-81a5-48c7-a4f8-0293012095b9",
    "3bc2296e-aa22-4ed2-9e1e-946d05afa6a2",
    "4345a7b9-9a63-4910-a426-35363201d503",
    "4354e225-50c9-4423-9ece-2d5afd904870",
    "4580fd1d-e5a3-4f56-9ad1-aab0e3bf8f76",
    "475226c6-020e-4fb2-8a90-7a972cbfc1d4",
    "4765445b-32c6-49b0-83e6-1d93765276ca",
    "48ac35b8-9aa8-4d74-927d-1f4a14a0b239",
    "48af08dc-f6d2-435f-b2a7-069abd99c086",
    "4c4f550b-42b2-4a16-93f9-fdb9e01bb6ed",
    "5e3ce6c0-2b1f-4285-8d4b-75ee78787346",
    "5f00fd34-f302-417f-81ef-1adda179d8fd",
    "66a88757-258c-4c72-893c-3e8bed4d6899",
    "67ad5377-2d78-4ac2-a867-6300cda00e85",
    "6a1a91a6-19f9-4a37-b68b-9bed3f4e6595",
    "6f82282e-0070-4e78-bc23-e6320c5fa7de",
    "7084e364-df71-4a4a-9e8f-d375b5529913",
    "75efb5bc-18a1-4e7b-8a66-2ad2503d79c6",
    "89bee1f7-5e6e-4d8a-9f3d-ecd601259da7",
    "905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba",
    "94c63fef-13a3-47bc-8074-75af8c65887a",
    "95de633a-083e-42f5-b444-a4295d8e9314",
    "ab3be6b7-f5df-413d-ac2d-abf1e3fd9c0b",
    "ab9b8c07-8f02-4f72-87fa-80105867a763",
    "b1379a75-ce5e-4fa3-80c6-89bb39bf646c",
    "b55b276d-2b09-4ad2-8de5-f09cf24ffba9",
    "b97b6bd4-a49f-4a0c-af18-af507d1da76c",
    "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87",
    "cb58b23f-9a26-4ef4-9e9e-ca08567ef56c",
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
    "cf53fce8-def6-4aeb-8d30-b158e7b1cf83",
    "dcad865d-9257-4521-ad4d-bae3e137b345",
    "e1829006-9cf1-4d05-8b48-2e665cb48e6a",
    "ec156f81-f23a-47bd-b16f-9fb2c66420f9",
];

/// Known apps, ordered by id.
const APPS: &[(&str, &str)] = &[
    ("00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory (Azure AD Graph)"),
    ("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"),
    ("00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
    ("00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online (and OneDrive)"),
    ("00000004-0000-0ff1-ce00-000000000000", "Skype for Business Online"),
    ("00000005-0000-0ff1-ce00-000000000000", "Viva Engage (Yammer)"),
    ("00000006-0000-0ff1-ce00-000000000000", "Office 365 Portal"),
    ("00000007-0000-0000-c000-000000000000", "Dataverse (Dynamics CRM)"),
    ("00000007-0000-0ff1-ce00-000000000000", "Microsoft Exchange Online Protection"),
    ("00000009-0000-0000-c000-000000000000", "Power BI Service"),
    ("0000000a-0000-0000-c000-000000000000", "Microsoft Intune"),
    ("0000000c-0000-0000-c000-000000000000", "Microsoft App Access Panel"),
    ("00000012-0000-0000-c000-000000000000", "Microsoft Rights Management Services"),
    ("01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9", "Device Registration Service"),
    ("01fc33a7-78ba-4d2f-a4b7-768e336e890e", "MS-PIM"),
    ("022907d3-0f1b-48f7-badc-1ba6abab6d66", "Azure SQL Database"),
    ("04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Azure CLI"),
    ("08e18876-6177-487e-b8b5-cf950c1e598c", "SPO Web Client Extensibility"),
    ("09abbdfd-ed23-44ee-a2d9-a627aa1c90f3", "ProjectWorkManagement"),
    ("0af06dc6-e4b5-4f28-818e-e78e62d137a5", "Windows 365"),
    ("0c1307d4-29d6-4389-a11c-5cbe7f65d7fa", "Azure mobile app"),
    ("0cd196ee-71bf-4fd6-a57c-b491ffd4fb1e", "Media Analysis and Transformation"),
    ("0e90d0b8-039a-4936-a6f4-d25dd510be5d", "Message Recall app"),
    ("0f698dd4-f011-4d23-a33e-b36416dcb1e6", "OfficeClientService"),
    ("13d54852-ae25-4f0b-823a-b09eea89f431", "Outlook Service for Exchange"),
    ("14d82eec-204b-4c2f-b7e8-296a70dab67e", "Microsoft Graph Command Line Tools (Graph PowerShell)"),
    ("166f1b03-5b19-416f-a94b-1d7aa2d247dc", "Office Hive"),
    ("1950a258-227b-4e31-a9cf-717495945fc2", "Azure PowerShell"),
    ("1996141e-2b07-4491-927a-5a024b335c78", "Teams UIS"),
    ("19db86c3-b2b9-44cc-b339-36da233a3be2", "My Sign-Ins / Security info"),
    ("1a4721b3-e57f-4451-ae87-ef078703ec94", "Active Directory to Entra provisioning (cloud sync)"),
    ("1b730954-1685-4b74-9bfd-dac224a7b894", "Azure AD PowerShell (retired module)"),
    ("1e70cd27-4707-4589-8ec5-9bd20c472a46", "Skype Presence Service"),
    ("1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams (client)"),
    ("23c898c1-f7e8-41da-9501-f16571f8d097", "OCPS Checkin Service"),
    ("2634dd23-5e5a-431c-81ca-11710d9079f4", "Stream Service"),
    ("26a4ae64-5862-427f-a9b0-044e62572a4f", "Microsoft Intune Checkin"),
    ("270efc09-cd0d-444b-a71f-39af4910ec45", "Windows Cloud Login"),
    ("2793995e-0a7d-40d7-bd35-6968ba142197", "My Apps"),
    ("29d9ed98-a469-4536-ade2-f981bc1d605e", "Microsoft Authentication Broker"),
    ("2d4d3d8e-2be3-4bef-9f87-7875a61c29de", "OneNote"),
    ("2ddfbe71-ed12-4123-b99b-d5fc8a062a79", "Teams admin center"),
    ("372140e0-b3b7-4226-8ef9-d57986796201", "Azure Windows VM Sign-In"),
    ("38aa3b87-a06d-4817-b275-7a316988d93b", "Windows Hello for Business registration"),
    ("394866fc-eedb-4f01-8536-3ff84b16be2a", "People Cards Service"),
    ("39aaf054-81a5-48c7-a4f8-0293012095b9", "IC3 Gateway"),
    ("3bc2296e-aa22-4ed2-9e1e-946d05afa6a2", "SPO Web Client Extensibility Isolated"),
    ("4345a7b9-9a63-4910-a426-35363201d503", "O365 Suite UX"),
    ("4354e225-50c9-4423-9ece-2d5afd904870", "Augmentation Loop"),
    ("4580fd1d-e5a3-4f56-9ad1-aab0e3bf8f76", "Call Recorder"),
    ("45a330b1-b1ec-4cc1-9161-9f03992aa49f", "Windows Store for Business (Universal Store)"),
    ("475226c6-020e-4fb2-8a90-7a972cbfc1d4", "PowerApps Service"),
    ("4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome"),
    ("4813382a-8fa7-425e-ab75-3b753aab3abb", "Microsoft Authenticator"),
    ("48ac35b8-9aa8-4d74-927d-1f4a14a0b239", "Skype and Teams Tenant Admin API"),
    ("48af08dc-f6d2-435f-b2a7-069abd99c086", "Connectors"),
    ("497effe9-df71-4043-a8bb-14cf78c4b63b", "Exchange admin center"),
    ("499b84ac-1321-427f-aa17-267ca6975798", "Azure DevOps"),
    ("4c4f550b-42b2-4a16-93f9-fdb9e01bb6ed", "Targeted Messaging Service"),
    ("5dc48733-b5df-475c-a49b-fa307ef00853", "Internet traffic profile"),
    ("5e3ce6c0-2b1f-4285-8d4b-75ee78787346", "Teams Web Client"),
    ("5f00fd34-f302-417f-81ef-1adda179d8fd", "Forms Web"),
    ("618dd325-23f6-4b6f-8380-4df78026e39b", "Microsoft 365 admin center"),
    ("66a88757-258c-4c72-893c-3e8bed4d6899", "Office 365 Search Service"),
    ("67ad5377-2d78-4ac2-a867-6300cda00e85", "Office 365"),
    ("6a1a91a6-19f9-4a37-b68b-9bed3f4e6595", "Outlook Browser Extension"),
    ("6f82282e-0070-4e78-bc23-e6320c5fa7de", "Microsoft Discovery Service"),
    ("7084e364-df71-4a4a-9e8f-d375b5529913", "Messaging Async Media"),
    ("709110f7-976e-4284-8851-b537e9bcb187", "Microsoft Device Management Enrollment"),
    ("74658136-14ec-4630-ad9b-26e160ff0fc6", "ADIbizaUX (Entra blades back end)"),
    ("74bcdadc-2fdc-4bb3-8459-76d06952a0e9", "Intune Web Company Portal"),
    ("75efb5bc-18a1-4e7b-8a66-2ad2503d79c6", "Teams Retail Service"),
    ("797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API (Azure Resource Manager)"),
    ("7df0a125-d3be-4c96-aa54-591f83ff541c", "Microsoft Flow Service"),
    ("80ccca67-54bd-44ab-8625-4b79c4dc7775", "Defender portal / Purview portal"),
    ("89bee1f7-5e6e-4d8a-9f3d-ecd601259da7", "Office365 Shell WCSS-Client"),
    ("8c59ead7-d703-4a27-9e55-c96a0054c8d2", "My Profile"),
    ("905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba", "Sway"),
    ("93625bc8-bfe2-437a-97e0-3d0060024faa", "Password reset service"),
    ("94c63fef-13a3-47bc-8074-75af8c65887a", "Office Delve"),
    ("95de633a-083e-42f5-b444-a4295d8e9314", "Whiteboard Services"),
    ("9ba1a5c7-f17a-4de9-a1f1-6178c8d51223", "Intune Company Portal app"),
    ("9cdead84-a844-4324-93f2-b2e6bb768d07", "Azure Virtual Desktop"),
    ("a4a365df-50f1-4397-bc59-1a1564b8bb9c", "Microsoft Remote Desktop"),
    ("a85cf173-4192-42f8-81fa-777a763e6e2c", "Azure Virtual Desktop Client"),
    ("ab3be6b7-f5df-413d-ac2d-abf1e3fd9c0b", "Teams Graph Service"),
    ("ab9b8c07-8f02-4f72-87fa-80105867a763", "OneDrive SyncEngine"),
    ("b1379a75-ce5e-4fa3-80c6-89bb39bf646c", "Teams Chat Aggregator"),
    ("b3fa0115-39b3-4bec-8cc6-8c4fcd33e69d", "GSA policy service"),
    ("b55b276d-2b09-4ad2-8de5-f09cf24ffba9", "Teams And Channels Service"),
    ("b5a60e17-278b-4c92-a4e2-b9262e66bb28", "MFA StrongAuthenticationService"),
    ("b8066b99-6e67-41be-abfa-75db1a2c8809", "Microsoft Intune IW Service"),
    ("b97b6bd4-a49f-4a0c-af18-af507d1da76c", "Office Shredding Service"),
    ("ba9ff945-a723-4ab5-a977-bd8c9044fe61", "My Staff"),
    ("c08f52c9-8f03-4558-a0ea-9a4c878cf343", "Microsoft traffic profile (formerly M365)"),
    ("c161e42e-d4df-4a3d-9b42-e7a3c31f59d4", "Microsoft Intune API"),
    ("c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure portal (also Entra and Intune admin centers)"),
    ("c5393580-f805-4401-95e8-94b7a6ef2fc2", "Office 365 Management APIs"),
    ("c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", "Forms"),
    ("cb1056e2-e479-49de-ae31-7812af012ed8", "Entra Connect"),
    ("cb58b23f-9a26-4ef4-9e9e-ca08567ef56c", "Device Management Service"),
    ("cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", "Microsoft Teams Services"),
    ("cf53fce8-def6-4aeb-8d30-b158e7b1cf83", "Stream Portal"),
    ("d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office (desktop apps)"),
    ("d4ebce55-015a-49b5-a083-c84d1797ae8c", "Microsoft Intune Enrollment"),
    ("d52792f4-ba38-424d-8140-ada5b883f293", "AAD Terms of Use"),
    ("dcad865d-9257-4521-ad4d-bae3e137b345", "SharePoint Home"),
    ("dd47d17a-3194-4d86-bfd5-c6ae6f5651e3", "Defender for Endpoint on Android/iOS"),
    ("de8bc8b5-d9f9-48b1-a8ad-b748da725064", "Graph Explorer"),
    ("e1829006-9cf1-4d05-8b48-2e665cb48e6a", "Teams Web Client"),
    ("e92b9b37-1b47-4c01-9fbc-91d84450870e", "All private resources"),
    ("ea890292-c8c8-4433-b5ea-b09d0668e1a6", "Azure Credential Configuration Endpoint Service"),
    ("ec156f81-f23a-47bd-b16f-9fb2c66420f9", "Exchange Microservices"),
    ("f53895d3-095d-408f-8e93-8f94b391404e", "Portfolios (Project)"),
    ("fa4345a4-a730-4230-84a8-7d9651b86739", "Azure Virtual Desktop (classic) Client"),
    ("fb60f99c-7a34-4190-8149-302f77469936", "AAD Token Exchange Endpoint"),
    ("fb78d390-0c51-40cd-8e17-fdbfab77341b", "Exchange REST-based PowerShell"),
    ("fc0f3af4-6835-4174-b806-f7db311fd2f3", "Intune Windows Agent"),
    ("fc780465-2017-40d4-a0c5-307022471b92", "WindowsDefenderATP"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_ordered_and_agree() {
        assert!(APPS.is_sorted_by(|a, b| a.0 < b.0));
        for id in ADMIN_PORTALS.iter().chain(OFFICE365).chain(AZURE_MANAGED) {
            assert!(name(id).is_some(), "{id}");
        }
        assert_eq!(in_office365("00000002-0000-0ff1-ce00-000000000000"), Truth::Yes);
        assert_eq!(in_office365(GRAPH), Truth::No);
        assert_eq!(in_office365("11111111-1111-1111-1111-111111111111"), Truth::Unknown);
        assert_eq!(in_azure_management(AZURE_PORTAL), Truth::Yes);
    }
}
