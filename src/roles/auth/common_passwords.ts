/** The commonest passwords of at least eight characters, lower case. Shorter ones are refused by their length. */
const words = `
password password1 password12 password123 password1234 password! password1! passw0rd p@ssword p@ssw0rd p@ssw0rd1 pa55word
12345678 123456789 1234567890 12345678910 123456789a 123456789q 0123456789 0987654321 987654321 9876543210 87654321
11223344 1122334455 12341234 123123123 123321123 147258369 147852369 159357159 741852963 789456123 963852741
12344321 1234qwer 1234abcd 123qweasd 123456qwe 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 zaq12wsx zaq1zaq1 !qaz2wsx
qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwerty123456 qwertyqwerty asdfghjk asdfghjkl asdf1234 asdfasdf zxcvbnm1 zxcvbnm123 qweasdzxc qweqweqwe
abcd1234 abc12345 abc123456 abcdefgh abcdefg1 abcdefghi a1b2c3d4 a1234567 a12345678 a123456789 aa123456 aaa111222 abcabcabc
iloveyou iloveyou1 iloveyou2 iloveyou! iloveu123 loveyou1 lovelove myspace1 myspace123 fuckyou1 fuckyou123 trustno1 letmein1 letmein123 letmein! welcome1 welcome12 welcome123 welcome1! welcome!
admin123 admin1234 admin12345 admin123456 administrator adminadmin admin@123 root1234 rootroot toor1234 changeme changeme1 changeme123 changeit default1 guest123 guestguest test1234 testtest testing1 testing123 temp1234 user1234 secret12 secret123 secret1234 mysecret master12 master123 system123 manager1 server123 internet internet1 computer computer1 samsung1 samsung123 google123 facebook1 linkedin1
baseball baseball1 football football1 basketball softball1 hockey123 superman superman1 batman123 spiderman starwars starwars1 pokemon1 pokemon123 dragon123 monkey123 monkey12 shadow12 shadow123 sunshine sunshine1 princess princess1 michelle jennifer jessica1 jordan23 michael1 charlie1 ashley123 daniel123 anthony1 victoria elizabeth alexander benjamin jonathan nicholas samantha stephanie christian liverpool liverpool1 chelsea1 chelsea123 arsenal1 arsenal123 barcelona manchester juventus rangers1 yankees1 cowboys1 lakers24 steelers mustang1 corvette mercedes ferrari1 harley123
butterfly chocolate strawberry blink182 whatever whatever1 nothing1 lovely123 babygirl babygirl1 angel123 flower123 cheese123 cookie123 pepper123 ginger123 summer123 summer2024 summer2025 winter123 winter2024 winter2025 spring2024 spring2025 autumn2025 hello123 hello1234 hellohello goodluck freedom1 michigan midnight mountain december november september hunter123 killer123 slipknot metallica nirvana1 godzilla maverick scorpion dolphins elephant
correcthorsebatterystaple opensesame uptimeping uptimeping1 monitor1 monitoring monitoring1 uptime123
`;

export const commonPasswords: ReadonlySet<string> = new Set(words.split(/\s+/).filter((word) => word !== ""));
