/* The workload module has no code yet. */
extern int workload_module_is_empty;
int workload_module_is_empty;
