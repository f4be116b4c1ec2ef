# cmake -D PAGE=index.html -D OUT=dashboard.cpp -P embed.cmake: the page as the bytes of a C++ array.
file(READ ${PAGE} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUT} "#include \"actors/admin/dashboard.hpp\"

namespace troupe::admin {

namespace {

const char dashboard_page[] = {${bytes}};

} // namespace

const std::string_view dashboard_html{dashboard_page, sizeof dashboard_page};

} // namespace troupe::admin
")
