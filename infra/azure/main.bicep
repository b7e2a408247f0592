// Where a cluster runs in Azure: an AKS cluster for the manifests of ../k8s/azure, a registry for the images, and a storage account that only identities may use.
//
// AKS and not Container Apps: silos connect to each other's replicas directly, and each needs an address of its own that the others reach. Container Apps gives its replicas
// none that is documented; what a replica finds out about itself differs by workload profile and has not always been reachable
// (github.com/microsoft/azure-container-apps issues 721 and 1119). It has no stable names either, which a node keeps its models and routes by, and no disruption budgets.
//
//   az deployment group create -g GROUP -f infra/azure/main.bicep
targetScope = 'resourceGroup'

@description('Begins the names of all resources.')
@minLength(3)
@maxLength(11)
param name string = 'orleansml'

@description('Region.')
param location string = resourceGroup().location

@description('Machines that run silos and frontends: one silo of ../k8s fills one of the default size with room for a frontend.')
@minValue(1)
@maxValue(100)
param machines int = 3

@description('Their size; x64, because libtorch is.')
param machineSize string = 'Standard_D4s_v5'

@description('Availability zones of the machines; empty where the region has none.')
param zones array = ['1', '2', '3']

@description('How the account keeps its copies; Standard_LRS where the region has no zones.')
@allowed(['Standard_ZRS', 'Standard_LRS'])
param redundancy string = 'Standard_ZRS'

@description('Namespace and service account of the pods, as in ../k8s: only they get the identity.')
param serviceAccount object = {
  namespace: 'orleans-ml'
  name: 'orleans-ml'
}

var suffix = uniqueString(resourceGroup().id, name)
var roles = {
  blobs: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
  tables: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
  pullImages: '7f951dda-4ed3-4680-a7ca-43fe172d538d' // AcrPull
}

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: toLower('${replace(name, '-', '')}${suffix}')
  location: location
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    // No keys at all: whoever reads or writes has an identity with a role.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }

  // What was deleted by mistake can be had back for a week (docs/storage.md, backups).
  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    }
  }
}

// The identity of silos and frontends.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-${suffix}'
  location: location

  resource federation 'federatedIdentityCredentials' = {
    name: 'kubernetes'
    properties: {
      issuer: cluster.properties.oidcIssuerProfile.issuerURL
      subject: 'system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}'
      audiences: ['api://AzureADTokenExchange']
    }
  }
}

resource mayUseStorage 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.blobs, roles.tables]: {
    name: guid(account.id, identity.id, role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: toLower('${replace(name, '-', '')}${suffix}')
  location: location
  sku: { name: 'Standard' }
  properties: {
    adminUserEnabled: false
  }
}

resource cluster 'Microsoft.ContainerService/managedClusters@2024-09-01' = {
  name: '${name}-${suffix}'
  location: location
  identity: { type: 'SystemAssigned' }
  sku: { name: 'Base', tier: 'Standard' }
  properties: {
    dnsPrefix: '${name}-${suffix}'
    disableLocalAccounts: true
    enableRBAC: true
    aadProfile: { managed: true, enableAzureRBAC: true }
    // Pods get tokens of the identity above.
    oidcIssuerProfile: { enabled: true }
    securityProfile: { workloadIdentity: { enabled: true } }
    autoUpgradeProfile: { upgradeChannel: 'patch', nodeOSUpgradeChannel: 'NodeImage' }
    // A network that keeps what ../k8s/base/network-policy.yaml asks for.
    networkProfile: {
      networkPlugin: 'azure'
      networkPluginMode: 'overlay'
      networkDataplane: 'cilium'
      networkPolicy: 'cilium'
      loadBalancerSku: 'standard'
    }
    agentPoolProfiles: [
      {
        name: 'system'
        mode: 'System'
        count: machines
        vmSize: machineSize
        osType: 'Linux'
        osSKU: 'AzureLinux'
        availabilityZones: zones
        // A machine that is replaced waits for its silo to leave.
        upgradeSettings: { maxSurge: '1', drainTimeoutInMinutes: 10 }
      }
    ]
  }
}

// The machines pull images.
resource mayPullImages 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, cluster.id, roles.pullImages)
  scope: registry
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.pullImages)
    principalId: cluster.properties.identityProfile.kubeletidentity.objectId
    principalType: 'ServicePrincipal'
  }
}

@description('For the Secret of ../k8s/azure: what --azure-storage would be told.')
output storageAccount string = account.properties.primaryEndpoints.blob

@description('For the annotation of ../k8s/azure/service-account-patch.yaml.')
output identityClientId string = identity.properties.clientId

@description('For the images of ../k8s/azure.')
output registryLoginServer string = registry.properties.loginServer

@description('For az aks get-credentials.')
output clusterName string = cluster.name
