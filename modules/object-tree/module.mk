NAME       := object-tree
USES       := base libanon microkernel
INTERFACES := interface/object-tree/object.ipc
