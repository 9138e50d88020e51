#include "search/worlds/words/annotations.h"

#include <doctest/doctest.h>
#include <string>

using namespace qstar;
using namespace qstar::search;

namespace {

bool hold(std::string_view line) { return read_annotations(line).has_value(); }

} // namespace

TEST_CASE("annotations: what they use and what they find") {
    const auto two =
        read_annotations("She has 4*6 = <<4*6=24>>24 pens, 24-7/2=<<24-7/2=20.5>>20.5");
    REQUIRE(two);
    REQUIRE(two->size() == 2);
    CHECK((*two)[0].used == std::vector<Rational>{rational(4), rational(6)});
    CHECK((*two)[0].result == rational(24));
    CHECK((*two)[1].used == std::vector<Rational>{rational(24), rational(7), rational(2)});
    CHECK((*two)[1].result == rational(41, 2));
    CHECK(read_annotations("She counts her pens.")->empty());
    CHECK(read_annotations("")->empty());
}

TEST_CASE("annotations: a written number is exact, decimals are rounded") {
    for (const char* line :
         {"<<1,000*2=2,000>>2,000", "<<5*2=$10>>10", "$<<5*2=10>>10", "<<10/3=3.3>>3.3",
          "<<10/3=3.33>>", "<<2/3=0.67>>", "<<100/3=33.3333333333333>>", "<<5\u00d72=10>>10",
          "<<5 * 2 = 10>>10", "<<0/5=0>>", "<<-3+5=2>>2", "<<.5*4=2>>", "<<5.=5>>", "<<10=10>>",
          "<<(2+3)*4=20>>", "<<6*3=18.00>>18.00", "<<560//10=56>>56", "<<20%+30%=50%>>50%",
          "<<5*2=10 apples>>10 apples"})
        CHECK_MESSAGE(hold(line), line);
    for (const char* line : {"<<7/2=3>>3",
                             "<<7/2=4>>4",
                             "<<1/2=0>>0",
                             "<<10/3=3>>3",
                             "<<5/2=2>>",
                             "<<5/2=3>>",
                             "<<3/2=1>>1",
                             "<<0.4=0>>0",
                             "<<1.4999=1>>",
                             "<<2/3=0.66>>0.66",
                             "<<10/3=3.34>>",
                             "<<5x2=10>>10",
                             "<<20%*50=10>>10",
                             "<<20%*50=1000>>1000",
                             "<<2+2=4=4>>4",
                             "<<2*3>>6",
                             "6*7=<<6*7=42",
                             "<<>>",
                             "<<=5>>",
                             "<<5/0=0>>",
                             "<<2**3=8>>",
                             "<<2^3=8>>",
                             "<<9//2=4>>",
                             "<<3(4)=12>>",
                             "<<5!=120>>",
                             "<<1e3*2=2000>>",
                             "<<12:00-10:00=2>>",
                             "<<99999999999999999999*1=99999999999999999999>>",
                             "<<24,00=2400>>",
                             "<<1,2+1=13>>",
                             "<<9223372036854775807*9=1>>",
                             "<<1=9223372036854775807.5>>"})
        CHECK_MESSAGE(!hold(line), line);
}

TEST_CASE("annotations: what touches them must not contradict them") {
    for (const char* line :
         {"6*7=<<6*7=42>>42", "<<6*7=42>>", "It is 50 (<<6*7=42>>) apples",
          "She has $1,200*2=$<<1200*2=2400>>2,400.", "<<2*12=24>>24/day", "<<2*12=24>>24, 25",
          "5*3=<<5*3=15>>15/2=<<15/2=7.5>>7.5", "<<3+4=7>>7+5=<<7+5=12>>12", "<<1/2=.5>>1/2",
          "<<2*3=6>>-", "- 5*3=<<5*3=15>>15", "1. 5*3=<<5*3=15>>15",
          // Sentences around an expression that nobody can check:
          "Thus, 60 x 60/100 = <<60*60/100=36>>36", "a half of 10/5=<<.5*10/5=1>>1",
          "10 pages on day 1 * 2 = <<10*2=20>>20", "because 14, 400/80=<<14400/80=180>>180",
          "20% of 50 is <<20*.01*50=10>>10", "3 1/2=<<3.5=3.5>>3.5", "5 * 2S=<<5*2=10>>10",
          // Another calculation with the same value:
          "half of it is 10/2=<<10*.5=5>>5", "10/3=<<10/3=3.33>>3.33"})
        CHECK_MESSAGE(hold(line), line);
    for (const char* line : {"6*7=<<6*7=42>>43", "6*8=<<6*7=42>>42", "6 * 8 = <<6*7=42>>42",
                             "So she has 6*8 = $<<6*7=42>>42", "It is: 6*8=<<6*7=42>>42",
                             "<<5*3=15>>15+1=<<15+2=17>>17", "<<6*7=42>>42.5", "<<6*7=42>>$43",
                             "<<6*7=42>>-42", "<<24*100=2400>>24,00", "<<10/3=3.33>>3.34",
                             "<<4*6=24>>24 but <<24-9=16>>16", "<<4*6=24>>24 but <<24-9=15"})
        CHECK_MESSAGE(!hold(line), line);
}

TEST_CASE("annotations: any bytes") {
    for (const char* line :
         {"<<", ">>", "<<>>>>", "<<<<1=1>>>>", "=<<1=1>>", "$=$<<1=1>>", "-=<<1=1>>1", "<<\xff=1>>",
          "\xff=<<1=1>>\xff", "<<1=1>>.", "<<1=1>>$", "(=<<1=1>>"})
        CHECK_NOTHROW(read_annotations(line));
    CHECK(!hold("<<" + std::string(10000, '(') + "1=1>>"));
    CHECK(hold(std::string(10000, '(') + "=<<1=1>>"));
}

TEST_CASE("annotations: what a calculator writes makes them hold") {
    CHECK(calculated("<<48/2=") == "24>>");
    CHECK(calculated("Each pays $20 - $5 = $<<20-5=") == "15>>");
    CHECK(calculated("4*6=<<4*6=24>>24 and 7/2=<<7/2=") == "3.5>>");
    CHECK(calculated("<<10/3=") == "3.33>>");
    CHECK(calculated("<<2-5/2=") == "-0.5>>");
    for (const char* line : {"", "=", "48/2=", "<<48/2", "<<48/0=", "<<=", "<<a*2=", "<<48/2=24=",
                             "<<48/2=24>>=", "<<9999999999999*9999999999999="})
        CHECK(!calculated(line));
    for (const std::string line :
         {"<<1/8=", "<<2/3=", "<<-2/3=", "<<1/7=", "<<1000000/7=", "<<1/128="})
        CHECK(hold(line + *calculated(line)));
}
