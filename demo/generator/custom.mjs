// Names in the custom of Hong Kong and Macao (Cantonese), Taiwan (Wade-Giles) and the Straits (Hokkien, Teochew, Pinyin),
// and the Western given names that people of Chinese origin bear elsewhere.
// A row is `characters Latin Pinyin`: the Pinyin is the second spelling under which such a guest is looked for.

const rows = (text) => text.trim().split('\n').map((line) => line.split('|'));

const CANTONESE = {
  surnames: rows(`陳|Chan|Chen
黃|Wong|Huang
李|Lee|Li
張|Cheung|Zhang
梁|Leung|Liang
劉|Lau|Liu
林|Lam|Lin
何|Ho|He
鄭|Cheng|Zheng
吳|Ng|Wu
葉|Yip|Ye
郭|Kwok|Guo
鄧|Tang|Deng
歐陽|Au Yeung|Ouyang
冼|Sin|Xian
譚|Tam|Tan`),
  given: rows(`詠琪|Wing-kei|Yongqi
家明|Ka-ming|Jiaming
志偉|Chi-wai|Zhiwei
國樑|Kwok-leung|Guoliang
嘉欣|Ka-yan|Jiaxin
俊傑|Chun-kit|Junjie
慧敏|Wai-man|Huimin
永康|Wing-hong|Yongkang
少芬|Siu-fan|Shaofen
子軒|Tsz-hin|Zixuan
麗珊|Lai-shan|Lishan
啟邦|Kai-pong|Qibang
淑儀|Suk-yee|Shuyi
偉業|Wai-yip|Weiye
振聲|Chun-sing|Zhensheng
婉雯|Yuen-man|Wanwen
兆基|Siu-kei|Zhaoji
錦堂|Kam-tong|Jintang
翠玉|Chui-yuk|Cuiyu
德榮|Tak-wing|Derong`),
};

const TAIWAN = {
  surnames: rows(`陳|Chen|Chen
林|Lin|Lin
黃|Huang|Huang
張|Chang|Zhang
吳|Wu|Wu
劉|Liu|Liu
蔡|Tsai|Cai
楊|Yang|Yang
許|Hsu|Xu
謝|Hsieh|Xie
郭|Kuo|Guo
曾|Tseng|Zeng
周|Chou|Zhou
簡|Chien|Jian`),
  given: rows(`家齡|Chia-ling|Jialing
志明|Chih-ming|Zhiming
淑芬|Shu-fen|Shufen
俊宏|Chun-hung|Junhong
雅婷|Ya-ting|Yating
建良|Chien-liang|Jianliang
宗翰|Tsung-han|Zonghan
怡君|Yi-chun|Yijun
柏翰|Po-han|Bohan
世昌|Shih-chang|Shichang
美惠|Mei-hui|Meihui
冠廷|Kuan-ting|Guanting
文彬|Wen-pin|Wenbin
秀琴|Hsiu-chin|Xiuqin
正雄|Cheng-hsiung|Zhengxiong
佩珊|Pei-shan|Peishan`),
};

const STRAITS = {
  surnames: rows(`陈|Tan|Chen
林|Lim|Lin
黄|Ng|Huang
李|Lee|Li
王|Ong|Wang
吴|Goh|Wu
张|Teo|Zhang
蔡|Chua|Cai
许|Koh|Xu
郑|Tay|Zheng
谢|Cheah|Xie
沈|Sim|Shen`),
  given: rows(`伟明|Wei Ming|Weiming
慧玲|Hwee Ling|Huiling
志豪|Chee How|Zhihao
美珍|Bee Tin|Meizhen
俊贤|Jun Xian|Junxian
国华|Kok Wah|Guohua
秀莲|Siew Lian|Xiulian
文福|Boon Hock|Wenfu
佳慧|Jia Hui|Jiahui
永发|Eng Huat|Yongfa
家豪|Kah How|Jiahao
淑娴|Sok Hian|Shuxian
金水|Kim Swee|Jinshui
凯文|Kai Wen|Kaiwen`),
};

const WESTERN = {
  male: 'David Michael James Kevin Eric Steven Frank Henry Victor Albert Tony Daniel Peter Jason Leo Martin Raymond Simon'.split(' '),
  female: 'Grace Helen Linda Alice Jenny Emily Sophia Vivian Christine Susan Angela Cathy Irene Joanna Nina Claire Lucy Amy'.split(' '),
};

const CUSTOMS = { cantonese: CANTONESE, taiwan: TAIWAN, straits: STRAITS };

/** Returns an unused name in a custom: characters and Latin as spelled there, the Pinyin beside them. */
export function customName(draw, taken, custom) {
  const { surnames, given } = CUSTOMS[custom];
  for (;;) {
    const [family, own] = [draw.pick(surnames), draw.pick(given)];
    const whole = family[0] + own[0];
    if (taken.has(whole)) continue;
    taken.add(whole);
    return { family: { zh: family[0], latin: family[1] }, given: { zh: own[0], latin: own[1] }, pinyin: `${family[2].toUpperCase()} ${own[2]}` };
  }
}

/** Returns the Western given name of someone of Chinese origin. */
export const westernName = (draw, gender) => draw.pick(WESTERN[gender]);
