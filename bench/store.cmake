add_executable(ledger_bench ${CMAKE_CURRENT_LIST_DIR}/ledger_bench.cpp)
target_link_libraries(ledger_bench PRIVATE acledger_options acledger_store tp_sqlite benchmark::benchmark)
